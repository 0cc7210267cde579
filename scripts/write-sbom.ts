// Writes the bill of materials (CycloneDX, JSON) of what runs beside the service to stdout.
//
// `npm sbom --omit dev` leaves out what is a dependency of the service and of a tool both, as `pg` is. So all is
// asked for, and what it marks as for development alone is taken out here.
import { spawnSync } from 'node:child_process';

/** What of the format is looked at here. */
interface Bill {
  readonly metadata: { readonly component: { readonly 'bom-ref': string } };
  readonly components: readonly Component[];
  readonly dependencies: readonly {
    readonly ref: string;
    readonly dependsOn?: readonly string[];
  }[];
}
interface Component {
  readonly 'bom-ref': string;
  readonly properties: readonly { readonly name: string }[];
}

const { stdout, status, stderr } = spawnSync('npm', ['sbom', '--sbom-format', 'cyclonedx'], {
  encoding: 'utf8',
  maxBuffer: 64 * 1024 * 1024,
});
if (status !== 0) throw new Error(`npm sbom failed: ${stderr}`);
const bill: Bill = JSON.parse(stdout);

const components = bill.components.filter(
  ({ properties }) => !properties.some(({ name }) => name === 'cdx:npm:package:development'),
);
const kept = new Set([bill.metadata.component, ...components].map((one) => one['bom-ref']));
const dependencies = bill.dependencies
  .filter(({ ref }) => kept.has(ref))
  .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((one) => kept.has(one)) }));
process.stdout.write(`${JSON.stringify({ ...bill, components, dependencies }, undefined, 2)}\n`);
