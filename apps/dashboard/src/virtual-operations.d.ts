declare module 'virtual:operations' {
  import type { OperationId, Role } from '#contract';

  const operations: Readonly<
    Record<
      OperationId,
      {
        method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
        /** `/api/v1/runs/{id}` */
        path: string;
        answers: string;
        access: 'public' | 'local' | readonly Role[];
        only?: 'persons' | 'whole_installation' | 'persons_and_admins';
      }
    >
  >;
  export default operations;
}

declare module 'virtual:operation-summaries' {
  import type { OperationId } from '#contract';

  /** In one sentence, what each does. */
  const summaries: Readonly<Record<OperationId, string>>;
  export default summaries;
}
