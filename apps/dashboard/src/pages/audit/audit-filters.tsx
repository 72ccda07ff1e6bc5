import { AddressField } from '../../filters/address-field.tsx';
import { FilterPill, FixedPill } from '../../filters/filter-pill.tsx';
import type { ListFilters } from '../../filters/use-list-filters.ts';
import { Button } from '../../ui/button.tsx';
import { visibleText } from '../../ui/visible-text.ts';
import styles from './audit.module.css';
import { nounText } from './audit-words.ts';

/** What the events are about; run and transfer come with links from their pages. */
export function AuditFilters({ list: { rules, filters, ignored, change, clear } }: { list: ListFilters }) {
  const objects = rules.find(({ name }) => name === 'object')?.values ?? [];
  return (
    <search className={styles['filters']}>
      <div className={styles['pills']}>
        <div className={styles['name']}>
          <AddressField
            label="Name of the object"
            placeholder="acme, or an id: exactly"
            spellCheck={false}
            autoCapitalize="none"
            maxLength={200}
            value={filters['objectId'] ?? ''}
            onChange={(objectId) => change({ objectId }, { typing: true })}
          />
        </div>
        <FilterPill
          title="About"
          value={filters['object']}
          options={objects}
          show={nounText}
          onChange={(object) => change({ object })}
        />
        {(['runId', 'transferId'] as const).map((name) => {
          const value = filters[name];
          return (
            value !== undefined && (
              <FixedPill
                key={name}
                title={name === 'runId' ? 'Run' : 'Transfer'}
                value={value.slice(0, 8)}
                onTakeOut={() => change({ [name]: undefined })}
              />
            )
          );
        })}
        {Object.keys(filters).length > 0 && (
          <Button look="quiet" onClick={clear}>
            Clear
          </Button>
        )}
      </div>
      {ignored.length > 0 && (
        <p role="status" className={styles['muted']}>
          Left out, as nothing is known of it:{' '}
          {ignored
            .map(({ name, value }) => `${visibleText(name)}=${visibleText(value)}`.slice(0, 120))
            .join(', ')}
        </p>
      )}
    </search>
  );
}
