import type { ReactNode } from 'react';
import { useAccount } from '../account.ts';
import { AcceptRules } from '../parts/accept-rules.tsx';
import { MailAddresses } from '../parts/mail-addresses.tsx';
import { MutedProducers } from '../parts/muted-producers.tsx';
import { Webhooks } from '../parts/webhooks.tsx';

/** What the project wants done by itself: whom to tell, what to accept, whom not to hear. */
export function SettingsPage(): ReactNode {
  const { project } = useAccount();
  return (
    <div className="page">
      <header className="page-head">
        <h1>Settings of {project.name}</h1>
      </header>
      <div className="sections">
        <MailAddresses />
        <Webhooks />
        <AcceptRules />
        <MutedProducers />
      </div>
    </div>
  );
}
