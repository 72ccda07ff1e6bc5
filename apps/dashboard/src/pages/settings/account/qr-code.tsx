import { useQuery } from '@tanstack/react-query';
import { Skeleton } from '../../../ui/skeleton.tsx';
import styles from './account.module.css';
import { pathOfDots } from './qr-path.ts';

/** ISO/IEC 18004, 6.3.8: four modules of nothing on each side. */
const QUIET_ZONE = 4;

/** Drawn as one path: pages show no pictures but their own. Dark on white in both themes, as cameras want it. */
export function QrCode({ text }: { text: string }) {
  const { data: dots, isError } = useQuery({
    // Of the secret nothing stays in the cache.
    queryKey: ['qr', text],
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async () => (await import('qr')).encodeQR(text, 'raw', { border: QUIET_ZONE }),
  });
  if (isError) return <p>The code cannot be drawn here. Type the secret instead.</p>;
  if (!dots) return <Skeleton height="13rem" />;
  return (
    <svg
      role="img"
      aria-label="QR code for the authenticator app"
      viewBox={`0 0 ${dots.length} ${dots.length}`}
      shapeRendering="crispEdges"
      className={styles['qr']}
    >
      <path d={pathOfDots(dots)} />
    </svg>
  );
}
