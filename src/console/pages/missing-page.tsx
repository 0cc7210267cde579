import type { ReactNode } from 'react';
import { Empty } from '../parts/empty.tsx';
import { PlaceLink } from '../parts/place-link.tsx';
import { imagesPlace } from '../place.ts';

/** Stands at addresses that mean nothing. */
export function MissingPage(): ReactNode {
  return (
    <div className="page list-page">
      <h1>Missing</h1>
      <Empty title="There is no such page">
        <p>
          The address may be of another version of the console.{' '}
          <PlaceLink place={imagesPlace}>Go to the images</PlaceLink>
        </p>
      </Empty>
    </div>
  );
}
