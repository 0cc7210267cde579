import type { ImportRequest, OrderedMethod, RegionMethod } from './import.ts';

/** What an import's task has to do. */
export interface ImportOrder {
  readonly method: OrderedMethod;
  /** Ids of the stores that are to have the data, in this order. */
  readonly stores: readonly string[];
  readonly allMustSucceed: boolean;
}

/** Writes an order as the input of a task, which shows the request as it was made. */
export function importInput(
  {
    method,
    allStores,
    allMustSucceed,
  }: Omit<ImportRequest, 'method'> & { readonly method: OrderedMethod },
  stores: readonly string[],
  imageId: string,
): Readonly<Record<string, unknown>> {
  return {
    image_id: imageId,
    import_req: {
      method: shownMethod(method),
      all_stores: allStores,
      all_stores_must_succeed: allMustSucceed,
    },
    backend: stores,
  };
}

/** Reads what `importInput` has written. */
export function importOrder(input: Readonly<Record<string, unknown>>): ImportOrder {
  const { import_req: request, backend } = input as unknown as Input;
  return {
    method: methodOf(request.method),
    stores: backend,
    allMustSucceed: request.all_stores_must_succeed,
  };
}

/** A method in the words of the wire. */
type ShownMethod =
  | Exclude<OrderedMethod, RegionMethod>
  | {
      readonly name: 'glance-download';
      readonly glance_region: string;
      readonly glance_image_id: string;
    };

function shownMethod(method: OrderedMethod): ShownMethod {
  if (method.name !== 'glance-download') return method;
  const { name, region, imageId } = method;
  return { name, glance_region: region, glance_image_id: imageId };
}

function methodOf(method: ShownMethod): OrderedMethod {
  if (method.name !== 'glance-download') return method;
  const { name, glance_region: region, glance_image_id: imageId } = method;
  return { name, region, imageId };
}

interface Input {
  readonly import_req: {
    readonly method: ShownMethod;
    readonly all_stores_must_succeed: boolean;
  };
  readonly backend: readonly string[];
}
