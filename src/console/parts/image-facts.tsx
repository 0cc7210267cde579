import { type ReactNode, useCallback } from 'react';
import type { ImageBody } from '../../client/images.ts';
import { getProjectNames } from '../../client/names.ts';
import { sizeText, timeText } from '../../client/text.ts';
import { useAccount } from '../account.ts';
import { useLoaded } from '../browser/use-loaded.ts';
import { accessText } from './image-cells.tsx';

/** What the service itself knows of an image. */
export function ImageFacts({ image }: { readonly image: ImageBody }): ReactNode {
  const { project } = useAccount();
  const { min_disk: minDisk, min_ram: minRam } = image;
  return (
    <section className="card">
      <h2>Data</h2>
      <dl>
        <Fact name="Id">
          <code>{image.id}</code>
        </Fact>
        <Fact name="Owner">
          <OwnerName owner={image.owner} />
        </Fact>
        <Fact name="Access">
          {accessText(image, project.id)}
          {image.protected && ', protected from deletion'}
          {image.os_hidden && ', hidden from lists'}
        </Fact>
        <Fact name="Format">
          {image.disk_format ?? '–'} in {image.container_format ?? '–'}
        </Fact>
        <Fact name="Size">
          {sizeText(image.size)}
          {image.size !== null && ` (${image.size} bytes)`}
        </Fact>
        <Fact name="Needs">
          {minDisk === 0 && minRam === 0
            ? 'nothing in particular'
            : `${minDisk} GiB disk, ${minRam} MiB memory`}
        </Fact>
        <Fact name="Made">{timeText(image.created_at)}</Fact>
        <Fact name="Changed">{timeText(image.updated_at)}</Fact>
        {image.os_hash_value !== null && (
          <Fact name={image.os_hash_algo ?? 'Hash'}>
            <code className="hash">{image.os_hash_value}</code>
          </Fact>
        )}
        {image.checksum !== null && (
          <Fact name="MD5">
            <code className="hash">{image.checksum}</code>
          </Fact>
        )}
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

function OwnerName({ owner }: { readonly owner: string | null }): ReactNode {
  const { session, project } = useAccount();
  const load = useCallback(
    async () => (owner === null ? undefined : await getProjectNames(session, [owner])),
    [session, owner],
  );
  const { value } = useLoaded(load);
  if (owner === null) return 'nobody';
  const name = owner === project.id ? project.name : value?.get(owner);
  return name === undefined ? <code>{owner}</code> : name;
}
