import { operation } from './operation.ts';
import { dataType } from './tus.ts';

const tag = 'uploads';

const version = { 'Tus-Resumable': 'The version of the protocol, 1.0.0.' } as const;

export const describeUploads = operation({
  id: 'describeUploads',
  method: 'OPTIONS',
  path: '/vitrine/v1/uploads',
  tag,
  summary: 'What of tus 1.0 is spoken: Tus-Version, Tus-Extension, Tus-Checksum-Algorithm',
});

export const createUpload = operation({
  id: 'createUpload',
  method: 'POST',
  path: '/vitrine/v1/uploads',
  tag,
  summary:
    'Begins an upload that can be resumed to a queued image, by tus 1.0; Location tells where it goes on',
  headers: {
    ...version,
    'Upload-Length': 'Bytes of the whole data.',
    'Upload-Metadata':
      'image_id, and store where there are several: keys, each with its value in Base64.',
  },
  status: 201,
});

export const showUpload = operation({
  id: 'showUpload',
  method: 'HEAD',
  path: '/vitrine/v1/uploads/{uploadId}',
  tag,
  summary: 'How much of an upload is on stable storage: Upload-Offset of Upload-Length',
  headers: version,
  status: 200,
});

export const appendUpload = operation({
  id: 'appendUpload',
  method: 'PATCH',
  path: '/vitrine/v1/uploads/{uploadId}',
  tag,
  summary: 'Goes on with an upload; with its last byte the image is active',
  headers: {
    ...version,
    'Upload-Offset': 'Where the data begins; how much was there before.',
    'Upload-Checksum': 'Optional: sha1, md5, sha256 or sha512 of this data, in Base64.',
  },
  contentType: dataType,
});

export const deleteUpload = operation({
  id: 'deleteUpload',
  method: 'DELETE',
  path: '/vitrine/v1/uploads/{uploadId}',
  tag,
  summary: 'Ends an upload; its image is queued again, unless it has the data',
  headers: version,
});
