import { type ReactNode, useEffect, useState } from 'react';
import { diskFormats } from '../../client/disk-format.ts';
import { goTo } from '../browser/navigation.ts';
import { type ImageFilters, type Origin, origins, statuses } from '../image-filters.ts';

const originNames: Readonly<Record<Origin, string>> = {
  usual: 'All I can use',
  mine: 'Mine',
  shared: 'Shared with me',
  public: 'Public',
  community: 'Community',
};

const sortNames: Readonly<Record<string, string>> = {
  'created_at:desc': 'Newest first',
  'created_at:asc': 'Oldest first',
  'name:asc': 'By name',
  'size:desc': 'Largest first',
};

/** How long somebody may pause while typing, ms. */
const typingPause = 300;

/** Says what the list is to have; it stands in the address, so that it can be kept and sent. */
export function FilterBar({ filters }: { readonly filters: ImageFilters }): ReactNode {
  const set = (part: Partial<ImageFilters>) =>
    goTo({ page: 'images', filters: { ...filters, ...part } }, { replace: true });
  return (
    <search className="filters">
      <SearchField search={filters.search} onSearch={(search) => set({ search })} />
      <Choice
        label="Whose"
        value={filters.origin}
        choices={origins.map((origin) => [origin, originNames[origin]])}
        onChange={(origin) => set({ origin: origin as Origin })}
      />
      <Choice
        label="Status"
        value={filters.status}
        choices={[['', 'Any status'], ...statuses.map((status) => [status, status] as const)]}
        onChange={(status) => set({ status })}
      />
      <Choice
        label="Format"
        value={filters.format}
        choices={[['', 'Any format'], ...diskFormats.map((format) => [format, format] as const)]}
        onChange={(format) => set({ format })}
      />
      <Choice
        label="Order"
        value={filters.sort}
        choices={Object.entries(sortNames)}
        onChange={(sort) => set({ sort })}
      />
      {filters.tag !== '' && (
        <button type="button" className="tag" onClick={() => set({ tag: '' })}>
          tag {filters.tag} <span aria-hidden="true">×</span>
          <span className="unseen">, show all tags</span>
        </button>
      )}
    </search>
  );
}

interface SearchFieldProps {
  readonly search: string;
  readonly onSearch: (search: string) => void;
}

function SearchField({ search, onSearch }: SearchFieldProps): ReactNode {
  const [typed, setTyped] = useState(search);
  useEffect(() => setTyped(search), [search]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: it is the typing that is waited for.
  useEffect(() => {
    if (typed === search) return undefined;
    const timer = setTimeout(() => onSearch(typed), typingPause);
    return () => clearTimeout(timer);
  }, [typed]);

  return (
    <input
      type="search"
      className="search"
      aria-label="Search by name or id"
      placeholder="Part of a name, or an id"
      value={typed}
      maxLength={255}
      onChange={(event) => setTyped(event.target.value)}
    />
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly choices: readonly (readonly [string, string])[];
  readonly onChange: (value: string) => void;
}

function Choice({ label, value, choices, onChange }: ChoiceProps): ReactNode {
  return (
    <select aria-label={label} value={value} onChange={(event) => onChange(event.target.value)}>
      {choices.map(([word, text]) => (
        <option key={word} value={word}>
          {text}
        </option>
      ))}
    </select>
  );
}
