/** Writes by which methods data can be imported. @see Images API v2, "Import methods and values discovery" */
export function importMethodsDocument(methods: readonly string[]) {
  return {
    'import-methods': {
      description: 'Import methods available.',
      type: 'array',
      value: methods,
    },
  };
}
