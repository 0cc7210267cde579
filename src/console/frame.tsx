import { type ReactNode, useEffect, useRef } from 'react';
import { useAccount } from './account.ts';
import { usePlace } from './browser/navigation.ts';
import { type Theme, themes, useTheme } from './browser/theme.ts';
import { useTask } from './browser/use-task.ts';
import { forgetImages } from './image-memory.ts';
import { useWaiting } from './offers.ts';
import { OffersWatch } from './offers-watch.tsx';
import { FamiliesPage } from './pages/families-page.tsx';
import { FamilyPage } from './pages/family-page.tsx';
import { ImagePage } from './pages/image-page.tsx';
import { ImagesPage } from './pages/images-page.tsx';
import { InboxPage } from './pages/inbox-page.tsx';
import { MissingPage } from './pages/missing-page.tsx';
import { RequestsPage } from './pages/requests-page.tsx';
import { SettingsPage } from './pages/settings-page.tsx';
import { PlaceLink } from './parts/place-link.tsx';
import { Problem } from './parts/problem.tsx';
import {
  addressOf,
  familiesPlace,
  imagesPlace,
  inboxPlace,
  type Place,
  requestsPlace,
  settingsPlace,
} from './place.ts';
import { Uploads } from './uploads.tsx';

/** What stands around every page. */
export function Frame(): ReactNode {
  const place = usePlace();
  const main = useRef<HTMLElement>(null);
  const { page } = place;
  const id = page === 'image' || page === 'family' ? addressOf(place) : '';

  // Who goes to another page by keyboard or screen reader begins at its beginning.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another image or family is another page.
  useEffect(() => main.current?.focus({ preventScroll: true }), [page, id]);

  return (
    <OffersWatch>
      <Uploads>
        <a className="skip" href="#main">
          To the content
        </a>
        <TopBar page={page} />
        <main id="main" ref={main} tabIndex={-1}>
          <PageAt place={place} />
        </main>
      </Uploads>
    </OffersWatch>
  );
}

function PageAt({ place }: { readonly place: Place }): ReactNode {
  switch (place.page) {
    case 'images':
      return <ImagesPage filters={place.filters} />;
    case 'image':
      return <ImagePage key={place.id} id={place.id} />;
    case 'inbox':
      return <InboxPage status={place.status} />;
    case 'families':
      return <FamiliesPage side={place.side} />;
    case 'family':
      return <FamilyPage key={addressOf(place)} owner={place.owner} name={place.name} />;
    case 'requests':
      return <RequestsPage side={place.side} />;
    case 'settings':
      return <SettingsPage />;
    case 'missing':
      return <MissingPage />;
  }
}

function TopBar({ page }: { readonly page: Place['page'] }): ReactNode {
  const { session } = useAccount();
  const { count = 0, requests = 0 } = useWaiting();
  const isImages = page === 'images' || page === 'image';
  return (
    <header className="top">
      <PlaceLink place={imagesPlace} className="brand">
        Vitrine
      </PlaceLink>
      <nav aria-label="Pages">
        <PlaceLink
          place={imagesPlace}
          isCurrent={isImages}
          // Who goes back finds the list as it was; who comes by here wants it as it is.
          onFollow={() => forgetImages(session)}
        >
          Images
        </PlaceLink>
        <PlaceLink place={inboxPlace} isCurrent={page === 'inbox'}>
          Inbox
          <Badge count={count} />
        </PlaceLink>
        <PlaceLink place={requestsPlace} isCurrent={page === 'requests'}>
          Requests
          <Badge count={requests} />
        </PlaceLink>
        <PlaceLink place={familiesPlace} isCurrent={page === 'families' || page === 'family'}>
          Families
        </PlaceLink>
        <PlaceLink place={settingsPlace} isCurrent={page === 'settings'}>
          Settings
        </PlaceLink>
      </nav>
      <AccountBar />
    </header>
  );
}

/** How much waits there. */
function Badge({ count }: { readonly count: number }): ReactNode {
  if (count === 0) return null;
  return (
    <span className="badge">
      {count > 99 ? '99+' : count}
      <span className="unseen"> waiting for an answer</span>
    </span>
  );
}

function AccountBar(): ReactNode {
  const { user, project, projects, enter, signOut } = useAccount();
  const entering = useTask(enter);
  const leaving = useTask(signOut);
  return (
    <div className="account">
      <label>
        <span className="unseen">Project</span>
        <select
          value={project.id}
          disabled={entering.isRunning}
          onChange={(event) => void entering.run(event.target.value)}
        >
          {projects.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <ThemeSwitch />
      <button
        type="button"
        className="quiet"
        title={`Signed in as ${user.name}`}
        onClick={() => void leaving.run()}
      >
        Sign out
      </button>
      <Problem error={entering.problem} />
    </div>
  );
}

const themeNames: Readonly<Record<Theme, string>> = {
  system: 'Auto',
  light: 'Light',
  dark: 'Dark',
};

/** Chooses the colours. */
export function ThemeSwitch(): ReactNode {
  const [theme, choose] = useTheme();
  return (
    <label>
      <span className="unseen">Colours</span>
      <select value={theme} onChange={(event) => choose(event.target.value as Theme)}>
        {themes.map((name) => (
          <option key={name} value={name}>
            {themeNames[name]}
          </option>
        ))}
      </select>
    </label>
  );
}
