import { useQuery } from '@tanstack/react-query';
import { Skeleton } from '../../../ui/skeleton.tsx';
import styles from './account.module.css';
import { pathOfDots, sizeWithQuietZone } from './qr-path.ts';

/** Drawn as one path: pages show no pictures but their own. Dark on white in both themes, as cameras want it. */
export function QrCode({ text }: { text: string }) {
  const { data: dots, isError } = useQuery({
    // Of the secret nothing stays in the cache.
    queryKey: ['qr', text],
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async () => (await import('qr')).encodeQR(text, 'raw', { border: 0 }),
  });
  if (isError) return <p>The code cannot be drawn here. Type the secret instead.</p>;
  if (!dots) return <Skeleton height="13rem" />;
  const size = sizeWithQuietZone(dots);
  return (
    <svg
      role="img"
      aria-label="QR code for the authenticator app"
      viewBox={`0 0 ${size} ${size}`}
      shapeRendering="crispEdges"
      className={styles['qr']}
    >
      <path d={pathOfDots(dots)} />
    </svg>
  );
}
