import { type ReactNode, useState } from 'react';
import { deprecateImage } from '../../client/families.ts';
import { shortId, timeText } from '../../client/text.ts';
import { useAccount } from '../account.ts';
import { useMedia } from '../browser/use-media.ts';
import { useTask } from '../browser/use-task.ts';
import { deprecationAhead, type FamilyVersion, type SeenFamily, stateOf } from '../families.ts';
import { useTell } from '../messages.ts';
import { DeprecateDialog } from './deprecate-dialog.tsx';
import { MakeCurrentDialog, versionName } from './family-dialogs.tsx';
import { StatusMark } from './marks.tsx';
import { PlaceLink } from './place-link.tsx';
import { Problem } from './problem.tsx';

interface FamilyVersionsProps {
  readonly seen: SeenFamily;
  readonly onChanged: () => void;
}

/** The images that are and were current, the newest first. */
export function FamilyVersions({ seen, onChanged }: FamilyVersionsProps): ReactNode {
  const { session } = useAccount();
  const tell = useTell();
  const [open, setOpen] = useState<{ kind: 'current' | 'deprecate'; version: FamilyVersion }>();
  // So little room has no column for buttons.
  const isNarrow = useMedia('(max-width: 599px)');
  const { family } = seen;
  const isOwners = family.members !== undefined;
  const takeBack = useTask(async (version: FamilyVersion) => {
    await deprecateImage(session, family, { imageId: version.image_id, at: null });
    tell({ text: `${versionName(seen, version)} is not deprecated.` });
    onChanged();
  });
  const actionsOf = (version: FamilyVersion) =>
    isOwners && (
      <VersionActions
        name={versionName(seen, version)}
        version={version}
        onOpen={(kind) => setOpen({ kind, version })}
        onTakeBack={() => void takeBack.run(version)}
      />
    );
  const shared = { seen, onClose: () => setOpen(undefined), onDone: onChanged };
  return (
    <section className="card wide">
      <h2>Versions</h2>
      <Problem error={takeBack.problem} />
      {family.versions.length === 0 && <p className="quiet-text">None that you see.</p>}
      {family.versions.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">No.</th>
              <th scope="col">Image</th>
              <th scope="col">State</th>
              <th scope="col" className="since">
                Promoted
              </th>
              {isOwners && !isNarrow && (
                <th scope="col">
                  <span className="unseen">Change</span>
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {family.versions.map((version) => (
              <tr key={version.number}>
                <td>{version.number}</td>
                <VersionCells seen={seen} version={version}>
                  {isNarrow && actionsOf(version)}
                </VersionCells>
                {isOwners && !isNarrow && <td className="number">{actionsOf(version)}</td>}
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {open?.kind === 'current' && <MakeCurrentDialog {...shared} version={open.version} />}
      {open?.kind === 'deprecate' && <DeprecateDialog {...shared} version={open.version} />}
    </section>
  );
}

interface VersionProps {
  readonly seen: SeenFamily;
  readonly version: FamilyVersion;
  /** Stands below the name. */
  readonly children: ReactNode;
}

function VersionCells({ seen, version, children }: VersionProps): ReactNode {
  const { image_id: id, replacement_id: replacement } = version;
  const now = Date.now();
  const state = stateOf(version, now);
  const ahead = deprecationAhead(version, now);
  return (
    <>
      <td className="breakable">
        <PlaceLink place={{ page: 'image', id }}>{versionName(seen, version)}</PlaceLink>
        {replacement !== null && (
          <div className="note">
            instead: {seen.imageNames.get(replacement) ?? shortId(replacement)}
          </div>
        )}
        {children}
      </td>
      <td>
        {state !== undefined && <StatusMark status={state} />}
        {ahead !== undefined && <div className="note">{ahead}</div>}
      </td>
      <td className="since time">{timeText(version.promoted_at)}</td>
    </>
  );
}

interface VersionActionsProps {
  readonly name: string;
  readonly version: FamilyVersion;
  readonly onOpen: (kind: 'current' | 'deprecate') => void;
  readonly onTakeBack: () => void;
}

function VersionActions({ name, version, onOpen, onTakeBack }: VersionActionsProps): ReactNode {
  const about = `${name}, version ${version.number}`;
  return (
    <div className="actions row-actions">
      {!version.is_current && (
        <button
          type="button"
          aria-label={`Make current: ${about}`}
          onClick={() => onOpen('current')}
        >
          Make current
        </button>
      )}
      {version.deprecated_at === null ? (
        <button type="button" aria-label={`Deprecate ${about}`} onClick={() => onOpen('deprecate')}>
          Deprecate
        </button>
      ) : (
        <button type="button" aria-label={`Undeprecate ${about}`} onClick={onTakeBack}>
          Undeprecate
        </button>
      )}
    </div>
  );
}
