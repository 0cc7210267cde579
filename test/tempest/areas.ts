/** A part of tempest that Vitrine is held to. */
export interface Area {
  readonly name: string;
  /** What the names of its tests begin with, as a regular expression. */
  readonly tests: string;
  /** How many of its tests pass at least: a test that no longer runs fails nothing, but is missed here. */
  readonly fewest: number;
  /** Tests that are not run, and why. */
  readonly leftOut: readonly LeftOut[];
}

interface LeftOut {
  readonly tests: RegExp;
  readonly why: string;
}

export const images: Area = {
  name: 'Images API v2',
  tests: 'tempest\\.api\\.image\\.v2',
  fewest: 56,
  // Tests of what Vitrine does not have yet; whoever adds it takes the line away.
  leftOut: [
    {
      tests: /\.admin\.test_images_metadefs_/,
      why: 'metadata definitions are a catalogue beside the images, which Vitrine does not keep yet',
    },
  ],
};

/** For a service that is not known to reach the data which imports ask for: two tests of imports are skipped. */
export const imagesWithoutImports: Area = { ...images, fewest: images.fewest - 2 };

/** For a service with several stores. */
export const severalStores: Area = {
  name: 'Images API v2, several stores',
  tests: 'tempest\\.api\\.image\\.v2\\.(admin\\.)?test_images\\.(MultiStores|ImportCopy)',
  fewest: 2,
  leftOut: [],
};

const elsewhere = [
  ...['credentials', 'domain_configuration', 'endpoint_groups', 'endpoints', 'endpoints_negative'],
  ...['groups', 'inherits', 'oauth_consumers', 'policies', 'project_tags', 'regions', 'services'],
  ...['trusts', 'ec2_credentials', 'access_rules'],
];

const makesDomains = [
  ...['test_domains\\.DomainsTestJSON', 'test_domains_negative', 'test_roles', 'test_list_users'],
  ...['test_default_project_id', 'test_get_available_domain_scopes', 'create_with_domain'],
  ...['create_with_parent', 'create_is_domain_project'],
];

/** For the embedded identity service: what a Keystone answers is Keystone's. */
export const identity: Area = {
  name: 'Identity API v3',
  tests: 'tempest\\.api\\.identity\\.(admin\\.)?v3',
  fewest: 37,
  leftOut: [
    {
      tests: new RegExp(`\\.test_(${elsewhere.join('|')})\\.`),
      why: 'a part of Keystone that images need nothing of',
    },
    {
      tests: new RegExp(makesDomains.join('|')),
      why: 'it makes a domain, and the embedded identity service has one for all; projects form no trees',
    },
    {
      tests: /test_project_get_equals_list/,
      why: 'it needs tags of projects, which are not kept',
    },
    {
      tests: /test_associate_user_to_project|test_user_update$/,
      why: 'it gives users attributes of its own making, which Keystone keeps',
    },
    {
      tests: /test_update_user_password/,
      why: 'an admin changes the password of a user by the old one; here it sets a new one',
    },
    {
      tests: /test_create_application_credential_expires/,
      why: 'it compares microseconds, and times are kept in milliseconds',
    },
    {
      tests: /test_create_projects_name_length_over_64/,
      why: 'names of projects may have 255 characters, as those of users',
    },
    {
      tests: /test_list_projects_by_unauthorized_user/,
      why: 'a user may list projects, and is shown its own',
    },
  ],
};

/** Why a test of the area is not run; undefined when it is. */
export function reasonToLeaveOut({ leftOut }: Area, name: string): string | undefined {
  return leftOut.find(({ tests }) => tests.test(name))?.why;
}
