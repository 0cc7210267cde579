import { DatabaseSync } from 'node:sqlite';
import { generatedImage, measured, projectId, type Scale, scaleOf } from './images.ts';
import { GeneratedMembers } from './members.ts';

type Progress = (text: string) => void;

const rowsAtOnce = 50_000;

/**
 * Fills the database of a service that has been started once, and is not running, with that many images.
 *
 * Everything is the same each time. The projects that are measured are open to the user `producer`.
 */
export function fillDatabase(path: string, images: number, progress: Progress): void {
  const scale = scaleOf(images);
  const db = new DatabaseSync(path);
  try {
    // A half-filled file is thrown away, so nothing need be safe on disk before the end.
    db.exec('pragma journal_mode = off; pragma synchronous = off; pragma foreign_keys = off');
    db.exec('pragma cache_size = -1000000; pragma locking_mode = exclusive');
    const filling = new Filling(db, scale, progress);
    filling.projects();
    const indexes = filling.takeIndexes();
    const places = filling.images();
    filling.members(places);
    filling.lookups('image_tags', 'image_id, tag', 'images.id, value', 'tags');
    filling.lookups(
      'image_properties',
      'image_id, name, value',
      'images.id, key, value',
      'properties',
    );
    filling.usage();
    filling.makeIndexes(indexes);
    db.exec('pragma locking_mode = normal; pragma journal_mode = wal');
  } finally {
    db.close();
  }
}

class Filling {
  readonly #db: DatabaseSync;
  readonly #scale: Scale;
  readonly #progress: Progress;

  constructor(db: DatabaseSync, scale: Scale, progress: Progress) {
    this.#db = db;
    this.#scale = scale;
    this.#progress = progress;
  }

  /** Makes the projects, and the producer a member of those that are measured. */
  projects(): void {
    const insert = this.#db.prepare(
      `insert into projects (id, domain_id, name, description, enabled) values (?, 'default', ?, '', 1)`,
    );
    const open = this.#db.prepare(
      `insert into role_assignments (user_id, role_id, project_id)
        select users.id, roles.id, ? from users, roles
        where users.name = 'producer' and roles.name = 'member'`,
    );
    this.#inBatches('projects', this.#scale.projects, (n) => {
      insert.run(projectId(n), projectName(n));
      if (n < measured.length) open.run(projectId(n));
    });
  }

  /** Drops the indexes of the images, and gives the statements that make them: filling a table without is faster. */
  takeIndexes(): readonly { readonly name: string; readonly sql: string }[] {
    const indexes = this.#db
      .prepare(
        `select name, sql from sqlite_schema where type = 'index' and sql is not null
          and tbl_name in ('images', 'image_tags', 'image_properties', 'image_members')`,
      )
      .all() as { name: string; sql: string }[];
    for (const { name } of indexes) this.#db.exec(`drop index ${name}`);
    return indexes;
  }

  /** Makes the images in the order of their ids, which is that of the table, and gives their places in it. */
  images(): readonly number[] {
    const places = Array.from({ length: this.#scale.images }, (_, n) => n);
    const ids = places.map((n) => generatedImage(n, this.#scale).id);
    places.sort((one, other) => ((ids[one] ?? '') < (ids[other] ?? '') ? -1 : 1));
    const insert = this.#db.prepare(
      `insert into images (id, name, owner, status, visibility, protected, os_hidden, disk_format,
        container_format, min_disk, min_ram, size, virtual_size, checksum, os_hash_algo, os_hash_value,
        location, tags, properties, created_at, updated_at, sort_name)
        values (?, ?, ?, ?, ?, 0, ?, 'raw', 'bare', 10, 512, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#inBatches('images', places.length, (index) => {
      const image = generatedImage(places[index] ?? 0, this.#scale);
      const hex = image.id.replaceAll('-', '');
      const data =
        image.status === 'queued'
          ? [null, null, null, null, null, null]
          : [image.size, image.size, hex, 'sha512', hex.repeat(4), `scale/${image.id}`];
      insert.run(
        image.id,
        image.name,
        projectId(image.owner),
        image.status,
        image.visibility,
        Number(image.isHidden),
        ...data,
        JSON.stringify(image.tags),
        JSON.stringify(image.properties),
        image.createdAt,
        image.createdAt,
        image.name,
      );
    });
    return places;
  }

  /** Makes the members of the images in that order. */
  members(places: readonly number[]): void {
    const shared = new Set<number>();
    const open: number[] = [];
    for (let n = 0; n < this.#scale.images; n += 1) {
      const image = generatedImage(n, this.#scale);
      if (image.visibility !== 'shared') continue;
      shared.add(n);
      if (!image.isHidden && image.owner >= measured.length) open.push(n);
    }
    const members = new GeneratedMembers(this.#scale, shared.size, open);
    const insert = this.#db.prepare(
      `insert into image_members
        (image_id, project_id, status, created_at, updated_at, image_created_at, image_owner,
          image_visibility)
        values (?, ?, ?, ?, ?, ?, ?, 'shared')`,
    );
    this.#inBatches('images with their members', places.length, (index) => {
      const place = places[index] ?? 0;
      if (!shared.has(place)) return;
      const image = generatedImage(place, this.#scale);
      for (const { project, status } of members.of(place, image)) {
        const at = image.createdAt + 1000;
        insert.run(
          image.id,
          projectId(project),
          status,
          at,
          at,
          image.createdAt,
          projectId(image.owner),
        );
      }
    });
  }

  /** Makes the rows by which lists find images, of what the images hold. */
  lookups(table: string, columns: string, values: string, source: string): void {
    const begin = performance.now();
    const copied = 'owner, visibility, os_hidden';
    const { changes } = this.#db
      .prepare(
        `insert into ${table} (${columns}, ${copied}, image_created_at)
          select ${values}, ${copied}, created_at from images, json_each(${source}) order by 1, 2`,
      )
      .run();
    this.#tell(`${Number(changes).toLocaleString('en')} rows of ${table}`, begin);
  }

  usage(): void {
    this.#db.exec(
      `insert into project_usage (project_id, images, bytes, staged_bytes, uploads)
        select owner, count(*), coalesce(sum(size), 0), 0, 0 from images group by owner`,
    );
  }

  makeIndexes(indexes: readonly { readonly name: string; readonly sql: string }[]): void {
    for (const { name, sql } of indexes) {
      const begin = performance.now();
      this.#db.exec(sql);
      this.#tell(`index ${name}`, begin);
    }
  }

  #inBatches(what: string, count: number, insert: (n: number) => void): void {
    const begin = performance.now();
    for (let first = 0; first < count; first += rowsAtOnce) {
      const end = Math.min(count, first + rowsAtOnce);
      this.#db.exec('begin');
      for (let n = first; n < end; n += 1) insert(n);
      this.#db.exec('commit');
      if (end === count || end % (10 * rowsAtOnce) === 0) {
        this.#tell(`${end.toLocaleString('en')} ${what}`, begin);
      }
    }
  }

  #tell(text: string, begin: number): void {
    this.#progress(`${text}, ${((performance.now() - begin) / 1000).toFixed(1)} s`);
  }
}

/** The name of the n-th project. */
export function projectName(n: number): string {
  return `scale-${measured[n] ?? n}`;
}
