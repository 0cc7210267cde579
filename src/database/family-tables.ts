/** An owner's images of one kind. */
export interface FamilyRow {
  id: string;
  owner: string;
  name: string;
  current: number | null;
  updated_at: number;
}

/** An image that was made current; it goes with the image. */
export interface FamilyVersionRow {
  family_id: string;
  number: number;
  image_id: string;
  previous: number | null;
  by_user: string;
  promoted_at: number;
  deprecated_at: number | null;
  replacement_id: string | null;
}

/** A project that new versions follow to. */
export interface FamilyMemberRow {
  family_id: string;
  project_id: string;
  note: string | null;
  created_at: number;
}

/** A list of projects. */
export interface ShareGroupRow {
  id: string;
  owner: string;
  name: string;
  note: string | null;
  created_at: number;
}

export interface ShareGroupMemberRow {
  group_id: string;
  project_id: string;
}

export interface ShareGroupImageRow {
  group_id: string;
  image_id: string;
}

/** Why a project is a member that nobody has made one by itself; it goes with the member. */
export interface ShareSourceRow {
  image_id: string;
  project_id: string;
  /** `family:` or `group:` and an id. */
  source: string;
}

export interface FamilyTables {
  families: FamilyRow;
  family_versions: FamilyVersionRow;
  family_members: FamilyMemberRow;
  share_groups: ShareGroupRow;
  share_group_members: ShareGroupMemberRow;
  share_group_images: ShareGroupImageRow;
  share_sources: ShareSourceRow;
}
