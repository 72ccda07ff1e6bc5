import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { Transfer } from '#contract';
import { folderOf, nameOf } from '../../../files/path-parts.ts';
import { showBytes, showCount } from '../../../ui/amounts.ts';
import { CopyButton } from '../../../ui/copy-button.tsx';
import { Icon } from '../../../ui/icon.tsx';
import { OutsideText } from '../../../ui/outside-text.tsx';
import styles from './transfer.module.css';

/** From where to where, readable at a glance: both ends with their paths. */
export function Way({ transfer }: { transfer: Transfer }) {
  const { sourceEndpoint, sourcePath, sourceSizeBytes, destinationEndpoint, destinationPath, sizeBytes } =
    transfer;
  return (
    <div className={styles['way']}>
      <End title="Source" endpoint={sourceEndpoint} path={sourcePath}>
        <Size bytes={sourceSizeBytes} /> as listed
      </End>
      <span className={styles['arrow']}>
        <Icon name="right" size={22} />
      </span>
      <End title="Destination" endpoint={destinationEndpoint} path={destinationPath}>
        {sizeBytes === null ? (
          'nothing moved yet'
        ) : (
          <>
            <Size bytes={sizeBytes} /> moved
          </>
        )}
      </End>
    </div>
  );
}

interface EndProps {
  title: string;
  endpoint: string;
  path: string;
  children: ReactNode;
}

function End({ title, endpoint, path, children }: EndProps) {
  return (
    <div className={styles['end']}>
      <p className={styles['muted']}>
        {title}{' '}
        <Link to="/endpoints/$name" params={{ name: endpoint }}>
          {endpoint}
        </Link>
      </p>
      <p className={styles['path']}>
        <span className={styles['folder']}>
          <OutsideText text={folderOf(path)} />
        </span>
        <wbr />
        <strong>
          <OutsideText text={nameOf(path)} />
        </strong>
        <CopyButton text={path} label={`Copy the path at the ${title.toLowerCase()}`} />
      </p>
      <p className={styles['muted']}>{children}</p>
    </div>
  );
}

function Size({ bytes }: { bytes: number }) {
  return <span title={`${showCount(bytes)} bytes`}>{showBytes(bytes)}</span>;
}
