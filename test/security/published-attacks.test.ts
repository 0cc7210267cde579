import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { qcow2, vmdk, vmdkDescriptor } from '../support/disk-images.ts';
import { createImage, dataType, patchType } from '../support/images.ts';
import { dataHost, imported, lastTask, openWeb, stage, startImport } from '../support/imports.ts';
import { type Answer, sharedService } from '../support/service.ts';

const flat = { type: 'monolithicFlat', extents: ['RW 4 FLAT "/etc/passwd" 0'] };

/** Disks that lead whoever opens them to a file of his own, rebuilt from what was published of them. */
const attacks = {
  'CVE-2024-32498, an external data file': {
    format: 'qcow2',
    data: qcow2({ features: [2], extensions: [[0x44415441, '/etc/passwd']] }),
    reason: /another file/,
  },
  'CVE-2024-32498, an external data file of JSON': {
    format: 'qcow2',
    data: qcow2({
      features: [2],
      extensions: [[0x44415441, 'json:{"driver":"file","filename":"/etc/passwd"}']],
    }),
    reason: /another file/,
  },
  'CVE-2024-32498, a flat VMDK': { format: 'vmdk', data: vmdk(flat), reason: /may not be kept/ },
  'CVE-2022-47951, a descriptor alone': {
    format: 'vmdk',
    data: Buffer.from(vmdkDescriptor(flat).padEnd(1024, '\n')),
    reason: /may not be kept/,
  },
  'CVE-2022-47951, an extent with a path': {
    format: 'vmdk',
    data: vmdk({ extents: ['RW 4 FLAT "/etc/passwd" 0'] }),
    reason: /other files/,
  },
  'CVE-2015-5163, a backing file': {
    format: 'qcow2',
    data: qcow2({ backingFile: '/etc/passwd' }),
    reason: /backing file/,
  },
} as const;

/** What a host of the attacker answers with: the data, or a document of an image of another region. */
let served: { readonly data: Uint8Array; readonly format: string } | undefined;

const host = await dataHost((request, response) => {
  const { data = Buffer.alloc(0), format = '' } = served ?? {};
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://host');
  const to = searchParams.get('to');
  if (to !== null) response.writeHead(302, { location: to }).end();
  else if (/\/images\/[0-9a-f-]+$/.test(pathname)) {
    const formats = { disk_format: format, container_format: 'bare' };
    response.end(JSON.stringify({ status: 'active', ...formats }));
  } else response.end(data);
});
after(() => host[Symbol.asyncDispose]());

const service = await sharedService({
  config: {
    ...openWeb,
    enabledImportMethods: ['glance-direct', 'web-download', 'glance-download'],
    glanceDownloadRegions: new Map([['R1', host.url.replace(/\/$/, '')]]),
  },
});

function upload(id: string, data: Uint8Array): Promise<Answer> {
  return service.call('producer', 'PUT', `/v2/images/${id}/file`, Buffer.from(data), dataType);
}

/** Whether an import ends with a queued image without data, and this for a reason. */
async function checkRefused(id: string, reason: RegExp): Promise<void> {
  const image = await imported(service, id);
  const task = await lastTask(service, id);
  assert.deepEqual([image['status'], image['size'], task.status], ['queued', null, 'failure']);
  assert.match(task.message, reason);
}

for (const [name, { format, data, reason }] of Object.entries(attacks)) {
  for (const disk_format of [format, 'raw']) {
    test(`${name}, is refused as ${disk_format} when it is sent`, async () => {
      const { id } = await createImage(service, { disk_format });

      for (const send of [() => upload(id, data), () => stage(service, id, data)]) {
        const { status, text } = await send();
        assert.equal(status, 415, text);
        assert.match(text, reason);
      }
      const { json } = await service.call('producer', 'GET', `/v2/images/${id}`);
      assert.deepEqual([json.status, json.size], ['queued', null]);
    });
  }

  test(`${name}, is refused by every import`, async () => {
    served = { data, format };
    const downloaded = await createImage(service, { disk_format: format });
    const uri = `${host.url}disk`;
    await startImport(service, downloaded.id, { method: { name: 'web-download', uri } });
    await checkRefused(downloaded.id, reason);

    // In a container nobody looks at it, and it does not come out of there.
    const staged = await createImage(service, { disk_format: format, container_format: 'ova' });
    assert.equal((await stage(service, staged.id, data)).status, 204);
    const path = `/v2/images/${staged.id}`;
    const body = JSON.stringify([{ op: 'replace', path: '/container_format', value: 'bare' }]);
    const changed = await service.call('producer', 'PATCH', path, body, patchType);
    assert.equal(changed.status, 403, changed.text);

    const { id } = await createImage(service);
    const glance_image_id = '9a7f9c09-97ca-4771-bdcb-b06bb753757d';
    const method = { name: 'glance-download', glance_region: 'R1', glance_image_id };
    await startImport(service, id, { method });
    await checkRefused(id, reason);
  });
}

const { port } = new URL(host.url);

/** CVE-2026-34881: ways to write an address that lists of hosts do not know. */
const disguises = [
  `http://2130706433:${port}/`,
  `http://0x7f000001:${port}/`,
  `http://0177.0.0.1:${port}/`,
  `http://127.1:${port}/`,
  `http://[::ffff:127.0.0.2]:${port}/`,
  'http://169.254.169.254/latest/meta-data/',
  'http://10.0.0.1/',
];

for (const uri of disguises) {
  test(`CVE-2026-34881, ${uri} is not asked, nor where a host redirects to it`, async () => {
    const { id } = await createImage(service);
    const direct = await startImport(service, id, { method: { name: 'web-download', uri } });
    const by = { name: 'web-download', uri: `${host.url}?to=${encodeURIComponent(uri)}` };
    const redirected = await startImport(service, id, { method: by });

    assert.equal(direct.status, 400, direct.text);
    assert.equal(redirected.status, 202, redirected.text);
    await checkRefused(id, /redirected/);
  });
}
