import type { ImportMethod, ImportRequest } from './import.ts';

/** What an import's task has to do. */
export interface ImportOrder {
  readonly method: ImportMethod;
  /** Ids of the stores that are to have the data, in this order. */
  readonly stores: readonly string[];
  readonly allMustSucceed: boolean;
}

/** Writes an order as the input of a task, which shows the request as it was made. */
export function importInput(
  { method, allStores, allMustSucceed }: ImportRequest,
  stores: readonly string[],
  imageId: string,
): Readonly<Record<string, unknown>> {
  return {
    image_id: imageId,
    import_req: {
      method: methodBody(method),
      all_stores: allStores,
      all_stores_must_succeed: allMustSucceed,
    },
    backend: stores,
  };
}

function methodBody(method: ImportMethod) {
  if (method.name !== 'glance-download') return method;
  const { name, region, imageId } = method;
  return {
    name,
    glance_region: region,
    glance_image_id: imageId,
    glance_service_interface: method.interface,
  };
}

/** Reads what `importInput` has written. */
export function importOrder(input: Readonly<Record<string, unknown>>): ImportOrder {
  const { import_req: request, backend } = input as unknown as Input;
  const { method } = request;
  return {
    method: method.name === 'glance-download' ? regionMethod(method) : method,
    stores: backend,
    allMustSucceed: request.all_stores_must_succeed,
  };
}

interface Input {
  readonly import_req: {
    readonly method: Exclude<ImportMethod, { name: 'glance-download' }> | RegionBody;
    readonly all_stores_must_succeed: boolean;
  };
  readonly backend: readonly string[];
}

interface RegionBody {
  readonly name: 'glance-download';
  readonly glance_region: string;
  readonly glance_image_id: string;
  readonly glance_service_interface: string;
}

function regionMethod(body: RegionBody): ImportMethod {
  return {
    name: body.name,
    region: body.glance_region,
    imageId: body.glance_image_id,
    interface: body.glance_service_interface,
  };
}
