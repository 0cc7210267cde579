import { type ReactNode, useId } from 'react';

interface NoteFieldProps {
  readonly label: string;
  readonly note: string;
  readonly onChange: (note: string) => void;
}

/** A line for people. */
export function NoteField({ label, note, onChange }: NoteFieldProps): ReactNode {
  const id = useId();
  return (
    <label htmlFor={id}>
      {label}
      <input
        id={id}
        value={note}
        maxLength={1000}
        onChange={(event) => onChange(event.target.value)}
      />
    </label>
  );
}

/** Days and what they are called, in this order: an object would have the numbers first. */
const ends = [
  ['', 'Without end'],
  ['1', 'For a day'],
  ['7', 'For a week'],
  ['30', 'For 30 days'],
  ['90', 'For 90 days'],
  ['365', 'For a year'],
] as const;

interface EndFieldProps {
  readonly label: string;
  /** Days until the end; '' for no end. */
  readonly days: string;
  readonly onChange: (days: string) => void;
}

/** For how long something holds. */
export function EndField({ label, days, onChange }: EndFieldProps): ReactNode {
  const id = useId();
  return (
    <label htmlFor={id}>
      {label}
      <select id={id} value={days} onChange={(event) => onChange(event.target.value)}>
        {ends.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}
