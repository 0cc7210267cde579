import type { Difference } from './api/observed.ts';

/** A difference from Glance 25.1 that is meant. */
export interface KnownDifference {
  /**
   * `differ`: Vitrine does better on purpose. `newer`: the API as releases after 25.1 have it.
   * `reference`: it comes from how the Glance that Vitrine is compared with is deployed.
   */
  readonly kind: 'differ' | 'newer' | 'reference';
  readonly why: string;
  /** How the difference's `what` begins. */
  readonly what: string;
  /** What the rows say; or which differences are meant, in which rows. */
  readonly rows: readonly string[] | ((difference: Difference, says: string) => boolean);
}

const isEmpty = ({ vitrine, glance }: Difference) => vitrine === undefined && glance === '0';

export const known: readonly KnownDifference[] = [
  {
    kind: 'differ',
    what: 'header content-length',
    rows: isEmpty,
    why: 'A 204 has no Content-Length (RFC 9110, 8.6), and that of HEAD would be that of a GET.',
  },
  {
    kind: 'differ',
    what: 'header content-type',
    rows: ({ vitrine, glance }) => vitrine === undefined && String(glance).startsWith('text/'),
    why: 'An answer without a body has no type; no client looks for one.',
  },
  {
    kind: 'differ',
    what: 'header x-vitrine-member',
    rows: ({ vitrine, glance }) => vitrine === 'unknown-project' && glance === undefined,
    why: 'Any member id is taken, as in Glance, but the owner is told that no such project is known.',
  },
  {
    kind: 'differ',
    what: 'body.versions',
    rows: [
      ...[
        '/',
        '/v1/images',
        '/v3',
        '/v10',
        '/va.1/images',
        '/v2.99/images',
        '/nonsense',
        '/images',
      ].map((path) => `${path} lists the versions with 300, without a token`),
      ...['/versions', '/versions/any'].map(
        (path) => `${path} lists the versions with 200, without a token`,
      ),
      'the list of versions names the host by which it was asked',
    ],
    why: 'A version is listed once its feature is there; 2.17 gives images locations, 2.15 tells of stores, and there is but one.',
  },
  {
    kind: 'differ',
    what: 'status',
    rows: [
      'a path that is not UTF-8 is refused',
      'a request id that is too long is refused',
      'what a project uses does not mind a body',
      'an image of [] is refused',
      'an image of [1] is refused',
      'a patch that is or has a path that is a number is refused',
      'a member called ["x"] is refused',
      'a member called {"a":1} is refused',
      'Range bytes=- of five bytes is 416',
      'a part of an image without data is no part',
    ],
    why: 'Glance fails with 500 on what it does not expect; nothing of it is the server’s error.',
  },
  {
    kind: 'differ',
    what: 'status',
    rows: [
      'os_hash_algo may not be set when an image is made',
      'os_hash_value may not be set when an image is made',
    ],
    why: 'Glance takes them and forgets them; like all read-only names they are refused.',
  },
  {
    kind: 'differ',
    what: 'body.',
    rows: ['a property may be called as something inside a service is'],
    why: 'In Glance names of its own attributes, member and context, are lost.',
  },
  {
    kind: 'differ',
    what: 'status',
    rows: [
      'a patch that is or has a path that is a slash is refused',
      'a patch that is or has a path with two slashes is refused',
    ],
    why: 'Glance makes a property with an empty name of one, and overlooks the other’s first slash.',
  },
  {
    kind: 'differ',
    what: 'status',
    rows: ['a patch that is or has a property’s name that is too long is refused'],
    why: 'Glance has the limit when an image is made but not when it is changed.',
  },
  {
    kind: 'newer',
    what: 'status',
    rows: [
      'the size that the sender announces may not be wrong',
      'the size that the sender announces must be a number',
    ],
    why: 'x-openstack-image-size came with version 2.18 of the API.',
  },
  {
    kind: 'newer',
    what: 'status',
    rows: ['data that is not of the format that the image names is refused'],
    why: 'Data is held to disk_format since 2025 (require_image_format_match).',
  },
  {
    kind: 'differ',
    what: 'status',
    rows: ['Range bytes=-0 of five bytes is 416'],
    why: 'No byte is asked for, which cannot be satisfied (RFC 9110, 14.1.2); Glance sends all.',
  },
  {
    kind: 'differ',
    what: 'status',
    rows: ['Content-Range in a request may not name another size'],
    why: 'Who thinks that the data has another size does not want a part of this data.',
  },
  {
    kind: 'differ',
    what: 'body.tags',
    rows: ['a tag may be of any script'],
    why: 'Glance reads paths as Latin-1 and stores such tags garbled; paths are UTF-8.',
  },
  {
    kind: 'differ',
    what: 'status',
    rows: ['a member’s id may be of any script', 'a tag of characters of four bytes is refused'],
    why: 'Glance reads paths as Latin-1: it does not find the member, and stores the tag garbled.',
  },
  {
    kind: 'differ',
    what: 'status',
    rows: ['a tag may have a slash, if it is encoded'],
    why: 'A patch can set such a tag, so the calls for one tag must be able to name it.',
  },
  {
    kind: 'differ',
    what: 'status',
    rows: [
      'a member called 7 is refused',
      'a member called true is refused',
      'a member called "mmmmmmmmmmmmmmmmmmm is refused',
    ],
    why: 'Members are texts of at most 255 characters; Glance takes whatever its database does.',
  },
  {
    kind: 'differ',
    what: 'body.images',
    rows: ['name=in:%22a,b:%5C%22c%22,beta finds beta, gamma'],
    why: 'Glance keeps the backslash of a quote inside quotes, and so does not find the name.',
  },
  {
    kind: 'differ',
    what: 'body.',
    rows: [
      'repeated parameters stay in the links',
      'tag=x&tag=y finds alpha',
      'sort_key=disk_format&sort_key=name&sort_dir=asc gives bac',
      'sort_key=disk_format&sort_key=name&sort_dir=asc&sort_dir=desc gives bca',
      'sort_key=disk_format&sort_key=name&sort_dir=desc&sort_dir=asc gives acb',
      'sort_key=disk_format&sort_key=name gives cab',
    ],
    why: 'Glance loses all but the last of a parameter that is repeated: its next page is another list’s.',
  },
  {
    kind: 'differ',
    what: 'status',
    rows: ['the filter nonsense_min=5 is refused'],
    why: 'Glance fails with 500 on a bound of an unknown column.',
  },
  {
    kind: 'differ',
    what: 'status',
    rows: ['an image that is not seen is no marker, as if it were not there'],
    why: 'Glance’s 403 tells that there is such an image.',
  },
  {
    kind: 'differ',
    what: 'status',
    rows: ['no list is made for visibility='],
    why: 'An empty text is no visibility, as it is no answer of a member’s either: Glance refuses that one.',
  },
  {
    kind: 'differ',
    what: 'status',
    rows: (_difference, says) => says.includes('character of four bytes'),
    why: 'Nothing has such a name: Glance says 400 of bodies, and 404 or 204 of paths, which it reads as Latin-1.',
  },
  {
    kind: 'differ',
    what: 'status',
    rows: ({ glance }, says) => says.startsWith('OPTIONS ') && glance === 200,
    why: 'Glance answers OPTIONS of any kind with 200 and nothing in it; only browsers that ask for a page are meant.',
  },
  {
    kind: 'differ',
    what: 'header vary',
    rows: ({ vitrine, glance }) => vitrine === 'Origin' && glance === undefined,
    why: 'Without it a cache would give a page an answer that was made for nobody’s page (Fetch Standard).',
  },
  {
    kind: 'differ',
    what: 'header access-control-allow-',
    rows: (_difference, says) => says.startsWith('a page '),
    why: 'All that is allowed is told at once, so browsers ask less; and cookies play no part, so none is allowed.',
  },
  {
    kind: 'differ',
    what: 'header access-control-expose-headers',
    rows: ({ vitrine, glance }) =>
      String(vitrine)
        .replaceAll(' ', '')
        .startsWith(`${String(glance)},`),
    why: 'Pages may also read where a new image is, how long to wait, and what a download is; blanks in a list mean nothing.',
  },
  {
    kind: 'differ',
    what: 'body.owner',
    rows: ['an empty owner is none'],
    why: 'An image without owner shows none, however it was asked for.',
  },
  {
    kind: 'newer',
    what: 'status',
    rows: ['no store is preferred where there is but one'],
    why: 'prefer came with version 2.18 of the API.',
  },
  {
    kind: 'newer',
    what: 'body.',
    rows: ['there is a schema task', 'there is a schema tasks'],
    why: 'Tasks of type location_import came with version 2.17 of the API.',
  },
  {
    kind: 'newer',
    what: 'status',
    rows: [
      'admins are told where data lies',
      'owners are not told where data lies',
      'a location is for an image that waits',
    ],
    why: 'Calls for locations came with version 2.17 of the API.',
  },
  {
    kind: 'differ',
    what: 'body.tasks',
    rows: ['an import is a task of its image'],
    why: 'How far the task is by then, its times and its user are of each service; its input has what was left out, too, and names the one store.',
  },
];
