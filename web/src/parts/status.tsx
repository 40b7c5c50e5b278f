// Whether what is shown is live, and how old it is: always in sight.
import { useEffect, useRef } from 'preact/hooks';
import { DELAYED, STALE } from '../age';
import { client, type Status } from '../client';
import * as format from '../format';
import { useRoute, useTopic } from '../hooks';
import { Icon } from './icon';

const WORDS: Record<Status, [string, string]> = {
  connecting: ['Connecting', 'Waiting for the first answer of the server.'],
  live: ['Live', `The newest price is less than ${DELAYED / 1000} s old.`],
  delayed: ['Delayed', `No price for more than ${DELAYED / 1000} s; the connection works.`],
  stale: ['Stale', `No price for more than ${STALE / 60000} min; see the page Pipeline.`],
  empty: ['Waiting', 'The server has no prices yet.'],
  disconnected: ['Disconnected', 'The server does not answer; trying again by itself. Prices shown are the last ones known.'],
  paused: ['Paused', 'Prices stand still until you go on.'],
};

export function StatusPill() {
  useTopic('status');
  const status = client.status;
  const [word, meaning] = WORDS[status];
  const age = client.newest > 0 ? format.age(client.now() - client.newest) : '';
  return (
    <span class={`status ${status}`} title={meaning} data-status={status}>
      <i class="pulse" aria-hidden="true" />
      <b>{word}</b>
      {age && <span class="age" title={`Newest price: ${format.time(client.newest)} UTC`}>{age === 'now' ? '0 s' : age}</span>}
    </span>
  );
}

export function PauseButton() {
  useTopic('status');
  const paused = client.paused;
  const held = client.held;
  return (
    <button type="button" class={`icon-button pause ${paused ? 'on' : ''}`} aria-pressed={paused} onClick={() => client.setPaused(!paused)} title={paused ? 'Go on' : 'Pause: let prices stand still'} aria-label="Pause">
      <Icon name={paused ? 'play' : 'pause'} />
      {paused && held > 0 && <span class="count">{held}</span>}
    </button>
  );
}

const QUIET = 30_000;

/** Tells screen readers of changes of the state at once, and of the price of the page's coin now and then. */
export function Announcer() {
  const region = useRef<HTMLDivElement>(null);
  const route = useRoute();
  const symbol = route.page === 'coin' ? route.symbol : undefined;
  useEffect(() => {
    let status: Status | undefined;
    let last = performance.now();
    const say = (text: string): void => {
      if (region.current) region.current.textContent = text;
    };
    return client.subscribe('status', () => {
      if (client.status !== status) {
        if (status !== undefined || client.status === 'disconnected') say(`${WORDS[client.status][0]}. ${WORDS[client.status][1]}`);
        status = client.status;
      } else if (symbol && performance.now() - last > QUIET && !client.paused) {
        last = performance.now();
        const coin = client.coin(symbol);
        if (coin) say(`${coin.name ?? symbol}: ${coin.price} ${client.view.currency}`);
      }
    });
  }, [symbol]);
  return <div ref={region} class="unseen" aria-live="polite" />;
}
