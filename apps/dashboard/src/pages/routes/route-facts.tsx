import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Fact, Facts } from '../../ui/facts.tsx';
import { OutsideText } from '../../ui/outside-text.tsx';
import { Section } from '../../ui/page.tsx';
import {
  AMBIGUOUS_WORDS,
  afterWords,
  completeWords,
  EXISTING_WORDS,
  listed,
  MISFIRE_WORDS,
  OVERLAP_WORDS,
  type Route,
  retryWords,
  scheduleWords,
  selectionWords,
  VERIFY_WORDS,
  windowWords,
} from './route-words.ts';
import styles from './routes.module.css';

/** All that a route is set to, in sentences. */
export function RouteFacts({ route }: { route: Route }) {
  const { source, destination, schedule, window, parameters = {} } = route;
  return (
    <>
      <Section title="What moves">
        <Facts>
          <Fact label="From" wide>
            <End name={source.endpoint} path={source.path} />
            {source.recursive && ' and the folders below it'}
          </Fact>
          <Fact label="Files" wide>
            <OutsideText text={selectionWords(source)} />
            {source.exclude.length > 0 && (
              <>
                {', but not '}
                <OutsideText text={listed(source.exclude)} />
              </>
            )}
          </Fact>
          <Fact label="To" wide>
            <End name={destination.endpoint} path={destination.path} />
            {destination.name === '{name}' ? (
              ', under the same name'
            ) : (
              <>
                {', named '}
                <code>{destination.name}</code>
              </>
            )}
            {destination.keepModified && ', with its time of modification'}
          </Fact>
          <Said label="A file is complete">{completeWords(source)}</Said>
          <Said label="The file at the source">{afterWords(route.afterDelivery)}</Said>
          <Said label="A file of that name is there">{EXISTING_WORDS[destination.onExisting]}</Said>
        </Facts>
      </Section>
      <Section title="When">
        <Facts>
          <Said label="It runs">{scheduleWords(schedule)}</Said>
          {schedule && (
            <Said label="Missed while Waybill was down">{`Then ${MISFIRE_WORDS[schedule.misfire]}.`}</Said>
          )}
          {schedule && (
            <Said label="The run before is not finished">{`Then ${OVERLAP_WORDS[schedule.overlap]}.`}</Said>
          )}
          <Said label="Window">
            {window ? `${windowWords(window)}. Outside of it runs wait.` : 'None: at any time.'}
          </Said>
          {Object.keys(parameters).length > 0 && (
            <Fact label="A run is given" wide>
              <ul>
                {Object.entries(parameters).map(([name, { pattern, default: usual }]) => (
                  <li key={name}>
                    <code>{name}</code>, matching <code>{pattern}</code>
                    {usual === undefined ? (
                      ', always'
                    ) : (
                      <>
                        , otherwise <code>{usual}</code>
                      </>
                    )}
                  </li>
                ))}
              </ul>
            </Fact>
          )}
        </Facts>
      </Section>
      <Section title="How">
        <Facts>
          <Said label="Proof of delivery">{VERIFY_WORDS[route.verify.minimum]}</Said>
          <Said label="Nobody can tell whether it arrived">{AMBIGUOUS_WORDS[route.onAmbiguous]}</Said>
          <Said label="Trying again">{retryWords(route.retry)}</Said>
          <Said label="A broken file">
            {route.resume ? 'Goes on where it ended.' : 'Begins anew with the next attempt.'}
          </Said>
          <Said label="At once">
            {route.lanes === 1 ? 'One file after the other.' : `Up to ${route.lanes} files (lanes).`}
          </Said>
          <Said label="Priority">{`${route.priority}, where 1 goes first and 9 last.`}</Said>
          <Said label="Workers">
            {route.workerTag === undefined ? 'Any.' : `Those with the tag ${route.workerTag}.`}
          </Said>
        </Facts>
      </Section>
    </>
  );
}

function Said({ label, children }: { label: string; children: string }): ReactNode {
  return (
    <Fact label={label}>
      <OutsideText text={children} />
    </Fact>
  );
}

function End({ name, path }: { name: string; path: string }) {
  return (
    <>
      <Link to="/endpoints/$name" params={{ name }}>
        {name}
      </Link>{' '}
      <code className={styles['path']}>
        <OutsideText text={path} />
      </code>
    </>
  );
}
