import { type ReactNode, useCallback, useState } from 'react';
import type { FamilyNamed } from '../../client/families.ts';
import { shortId, sizeText, timeText } from '../../client/text.ts';
import { useAccount } from '../account.ts';
import { goTo } from '../browser/navigation.ts';
import { useLoaded } from '../browser/use-loaded.ts';
import { loadFamily, type SeenFamily } from '../families.ts';
import { useWaiting } from '../offers.ts';
import {
  DeleteFamilyDialog,
  LeaveFamilyDialog,
  NewVersionDialog,
  RollBackDialog,
} from '../parts/family-dialogs.tsx';
import { FamilyMembers } from '../parts/family-members.tsx';
import { FamilyVersions } from '../parts/family-versions.tsx';
import { PlaceLink } from '../parts/place-link.tsx';
import { Problem } from '../parts/problem.tsx';
import { familiesPlace } from '../place.ts';

/** One family: what is current in it, what was, and whom it is shared with. */
export function FamilyPage({ owner, name }: Required<FamilyNamed>): ReactNode {
  const { session } = useAccount();
  const { heard } = useWaiting();
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is heard of it is a reason to look.
  const load = useCallback(
    () => loadFamily(session, { owner, name }),
    [session, owner, name, heard.family],
  );
  const { value: seen, problem, reload } = useLoaded(load);
  return (
    <div className="page">
      <p className="back">
        <PlaceLink place={familiesPlace}>← Families</PlaceLink>
      </p>
      <header className="page-head">
        <h1>{name}</h1>
        {seen && <FamilyActions seen={seen} onChanged={reload} />}
      </header>
      <Problem error={problem} onRetry={reload} />
      {!seen && problem === undefined && <p className="loading">Loading …</p>}
      {seen && (
        <div className="sections">
          <CurrentImage seen={seen} />
          {seen.family.members && <FamilyMembers seen={seen} onChanged={reload} />}
          <FamilyVersions seen={seen} onChanged={reload} />
        </div>
      )}
    </div>
  );
}

interface FamilyActionsProps {
  readonly seen: SeenFamily;
  readonly onChanged: () => void;
}

function FamilyActions({ seen, onChanged }: FamilyActionsProps): ReactNode {
  const [open, setOpen] = useState<'version' | 'back' | 'delete' | 'leave'>();
  const { family } = seen;
  const isOwners = family.members !== undefined;
  const shared = { seen, onClose: () => setOpen(undefined) };
  const leave = () => goTo(familiesPlace, { replace: true });
  return (
    <div className="actions">
      {isOwners && (
        <>
          <button type="button" className="primary" onClick={() => setOpen('version')}>
            New version
          </button>
          <button
            type="button"
            disabled={family.rolls_back_to === null}
            onClick={() => setOpen('back')}
          >
            Roll back
          </button>
          <button type="button" className="danger-text" onClick={() => setOpen('delete')}>
            Delete
          </button>
        </>
      )}
      {!isOwners && (
        <button type="button" className="danger-text" onClick={() => setOpen('leave')}>
          Leave
        </button>
      )}
      {open === 'version' && <NewVersionDialog {...shared} onDone={onChanged} />}
      {open === 'back' && <RollBackDialog {...shared} onDone={onChanged} />}
      {open === 'delete' && <DeleteFamilyDialog {...shared} onDone={leave} />}
      {open === 'leave' && <LeaveFamilyDialog {...shared} onDone={leave} />}
    </div>
  );
}

function CurrentImage({ seen }: { readonly seen: SeenFamily }): ReactNode {
  const { project } = useAccount();
  const { family, current, projectNames } = seen;
  const owner =
    family.owner === project.id ? project.name : (projectNames.get(family.owner) ?? family.owner);
  return (
    <section className="card">
      <h2>Current</h2>
      {!current && (
        <p className="quiet-text">
          No image that you see is current. A new version makes one so, and an offer of it is in
          your inbox.
        </p>
      )}
      <dl>
        {current && (
          <>
            <Fact name="Image">
              <PlaceLink place={{ page: 'image', id: current.image.id }}>
                {current.image.name ?? shortId(current.image.id)}
              </PlaceLink>
            </Fact>
            <Fact name="Id">
              <code>{current.image.id}</code>
            </Fact>
            <Fact name="Version">
              {current.number}, since {timeText(current.promoted_at)}
            </Fact>
            <Fact name="Format">
              {current.image.disk_format ?? '–'}, {sizeText(current.image.size)}
            </Fact>
          </>
        )}
        <Fact name="Owner">{owner}</Fact>
      </dl>
    </section>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
