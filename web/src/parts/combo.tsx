// A field that finds a coin: type, arrow keys, Enter. Made of an input and a list, as assistive technology expects.
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { client } from '../client';
import { Icon } from './icon';
import { Mark } from './spark';

interface Props {
  label: string;
  placeholder: string;
  chosen: (symbol: string) => void;
  without?: string[];
  /** The key that goes to this field from anywhere. */
  shortcut?: string;
  class?: string;
}

const SHOWN = 12;

function find(text: string, without: string[]) {
  const wanted = text.trim().toLowerCase();
  const ranked: [number, number, string, string][] = [];
  for (const coin of client.view.coins.values()) {
    if (without.includes(coin.symbol)) continue;
    const symbol = coin.symbol.toLowerCase();
    const name = (coin.name ?? '').toLowerCase();
    const score = !wanted ? 3 : symbol === wanted ? 0 : symbol.startsWith(wanted) ? 1 : name.startsWith(wanted) ? 2 : symbol.includes(wanted) || name.includes(wanted) ? 3 : -1;
    if (score >= 0) ranked.push([score, coin.rank ?? 1e9, coin.symbol, coin.name ?? '']);
  }
  return ranked.sort((a, b) => a[0] - b[0] || a[1] - b[1] || (a[2] < b[2] ? -1 : 1)).slice(0, SHOWN);
}

export function Combo({ label, placeholder, chosen, without = [], shortcut, class: extra }: Props) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState('');
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(0);
  const found = open ? find(text, without) : [];

  useEffect(() => {
    if (!shortcut) return;
    const listener = (event: KeyboardEvent): void => {
      const target = event.target as HTMLElement;
      if (event.key !== shortcut || event.ctrlKey || event.metaKey || /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName)) return;
      event.preventDefault();
      input.current?.focus();
    };
    document.addEventListener('keydown', listener);
    return () => document.removeEventListener('keydown', listener);
  }, [shortcut]);

  const take = (symbol: string | undefined): void => {
    if (!symbol) return;
    setText('');
    setOpen(false);
    input.current?.blur();
    chosen(symbol);
  };
  const keys = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      setOpen(true);
      const count = Math.max(1, found.length);
      setActive((i) => (i + (event.key === 'ArrowDown' ? 1 : count - 1)) % count);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      take(found[active]?.[2]);
    } else if (event.key === 'Escape') {
      setOpen(false);
      setText('');
    }
  };

  return (
    <div class={`combo ${extra ?? ''}`}>
      <Icon name="search" />
      <input
        ref={input}
        type="text"
        role="combobox"
        aria-label={label}
        aria-expanded={open}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={open && found[active] ? `${id}-${active}` : undefined}
        placeholder={placeholder}
        autocomplete="off"
        spellcheck={false}
        value={text}
        onInput={(event) => {
          setText(event.currentTarget.value);
          setActive(0);
          setOpen(true);
        }}
        onFocus={() => setOpen(true)}
        onBlur={() => setOpen(false)}
        onKeyDown={keys}
      />
      {shortcut && !text && <kbd aria-hidden="true">{shortcut}</kbd>}
      <ul id={`${id}-list`} role="listbox" aria-label={label} hidden={!open || found.length === 0}>
        {found.map(([, , symbol, name], i) => (
          <li
            key={symbol}
            id={`${id}-${i}`}
            role="option"
            aria-selected={i === active}
            class={i === active ? 'active' : ''}
            onMouseDown={(event) => {
              event.preventDefault();
              take(symbol);
            }}
          >
            <Mark symbol={symbol} />
            <b>{symbol}</b>
            <span>{name}</span>
          </li>
        ))}
      </ul>
      {open && text && found.length === 0 && <div class="combo-none">No coin of that name</div>}
    </div>
  );
}
