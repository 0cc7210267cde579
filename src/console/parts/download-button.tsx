import type { ReactNode } from 'react';
import { downloadAddress } from '../../client/downloads.ts';
import type { ImageBody } from '../../client/images.ts';
import { useAccount } from '../account.ts';
import { service } from '../browser/service.ts';
import { useTask } from '../browser/use-task.ts';
import { Problem } from './problem.tsx';

/** Hands the data to the browser's own downloads: they go to the disk, however much it is, and on without the page. */
export function DownloadButton({ image }: { readonly image: ImageBody }): ReactNode {
  const { session } = useAccount();
  const download = useTask(async () => {
    const path = await downloadAddress(session, image.id);
    const link = document.createElement('a');
    link.href = service.imageUrl + path;
    link.download = '';
    link.click();
  });
  return (
    <>
      <button type="button" disabled={download.isRunning} onClick={() => void download.run()}>
        Download
      </button>
      <Problem error={download.problem} />
    </>
  );
}
