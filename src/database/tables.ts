import type { DataCheckTables } from './data-check-tables.ts';
import type { EventTables } from './event-tables.ts';
import type { FamilyTables } from './family-tables.ts';
import type { IdentityTables } from './identity-tables.ts';
import type { ImageTables } from './image-tables.ts';
import type { ImportTables } from './import-tables.ts';
import type { LeaseTables } from './lease-tables.ts';
import type { MailTables } from './mail-tables.ts';
import type { ProcessTables } from './process-tables.ts';
import type { QuotaTables } from './quota-tables.ts';
import type { ShareTables } from './share-tables.ts';
import type { TaskTables } from './task-tables.ts';
import type { UploadTables } from './upload-tables.ts';
import type { WebhookTables } from './webhook-tables.ts';

/** Every table, as Kysely types it. Rows are `snake_case` and do not leave `database/`. */
export interface Tables
  extends ImageTables,
    IdentityTables,
    QuotaTables,
    EventTables,
    FamilyTables,
    ImportTables,
    DataCheckTables,
    MailTables,
    ProcessTables,
    TaskTables,
    LeaseTables,
    ShareTables,
    UploadTables,
    WebhookTables {}
