import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { ConfirmDialog } from '../ui/ask-dialog.tsx';
import { tell } from '../ui/tell.tsx';
import { configuredQuery, deleteObject, type Noun } from './configured-object.ts';

const LISTS = {
  partner: { to: '/partners', read: 'listPartners' },
  endpoint: { to: '/endpoints', read: 'listEndpoints' },
  route: { to: '/routes', read: 'listRoutes' },
} as const;

interface DeleteDialogProps {
  noun: Noun;
  name: string;
  etag: string;
  /** When it is possible at all; the api says why where it is not. */
  description: string;
  open: boolean;
  onClose(): void;
}

/** Deletes an object of the configuration; leads to the list of the others. */
export function DeleteDialog({ noun, name, etag, description, open, onClose }: DeleteDialogProps) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const { to, read } = LISTS[noun];
  const confirm = async () => {
    await deleteObject(noun, name, etag);
    await navigate({ to });
    queries.removeQueries({ queryKey: configuredQuery(noun, name).queryKey });
    await queries.invalidateQueries({ queryKey: [read] });
    tell(`${name} is deleted.`);
  };
  return (
    <ConfirmDialog
      open={open}
      danger
      onClose={onClose}
      title={`Delete ${name}?`}
      description={description}
      confirm="Delete"
      onConfirm={confirm}
    />
  );
}
