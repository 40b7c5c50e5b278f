// The frame of all pages: head, navigation, state of the connection, and the page of the address.
import { Component, type ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { client } from './client';
import * as format from './format';
import { applyTheme, choose, go, theme, useRoute, useTheme, useTopic } from './hooks';
import iconAddress from './icon.svg';
import { CoinPage } from './pages/coin';
import { ExchangesPage } from './pages/exchanges';
import { follow, MarketBar, Overview } from './pages/overview';
import { PipelinePage } from './pages/pipeline';
import { SharePage } from './pages/share';
import { Combo } from './parts/combo';
import { Icon } from './parts/icon';
import { Login } from './parts/login';
import { Overlay } from './parts/panel';
import { Announcer, PauseButton, StatusPill } from './parts/status';
import { problems } from './problems';
import * as url from './url';

const PAGES: [string, string][] = [['overview', 'Overview'], ['coin', 'Coin'], ['share', 'Share'], ['exchanges', 'Exchanges'], ['pipeline', 'Pipeline']];

/** Something on a page failed: the rest stays, and says so. */
class Guard extends Component<{ page: string; children: ComponentChildren }, { error?: string }> {
  override state: { error?: string } = {};
  override componentDidCatch(error: unknown): void {
    console.error(error);
    this.setState({ error: error instanceof Error ? error.message : String(error) });
  }
  override render() {
    return this.state.error ? <Overlay icon="alert" title="This page could not be drawn" text={this.state.error} tone="bad" /> : this.props.children;
  }
}

function Navigation() {
  useTopic('info', 'pipeline');
  const route = useRoute();
  const pages = client.info?.pages ?? [];
  const troubles = client.pipeline ? problems(client.pipeline, client.now()).filter((p) => p.bad).length : 0;
  return (
    <nav aria-label="Pages">
      {PAGES.filter(([page]) => page === 'overview' || pages.includes(page)).map(([page, title]) => {
        const address = url.link(route.page === 'coin' && page === 'coin' ? { ...route, page: 'other' } : route, page);
        return (
          <a key={page} href={address} aria-current={route.page === page ? 'page' : undefined} onClick={(event) => follow(event, address)}>
            <Icon name={page} />
            <span>{title}</span>
            {page === 'pipeline' && troubles > 0 && <span class="count bad" title={`${troubles} problems`}>{troubles}</span>}
          </a>
        );
      })}
    </nav>
  );
}

function ThemeButton() {
  const current = useTheme();
  const other = current === 'dark' ? 'light' : 'dark';
  return (
    <button type="button" class="icon-button" onClick={() => choose({ theme: other })} title={`Show it ${other}`} aria-label={`Show it ${other}`}>
      <Icon name={current === 'dark' ? 'sun' : 'moon'} />
    </button>
  );
}

function Head() {
  useTopic('info', 'market');
  const route = useRoute();
  const info = client.info;
  const home = url.link(route, 'overview');
  return (
    <header class="head">
      <a class="brand" href={home} aria-label={`${info?.title ?? 'cryptostream'}: overview`} onClick={(event) => follow(event, home)}>
        <img src={info?.logo ?? iconAddress} alt="" width="26" height="26" />
        <span>{info?.title ?? 'cryptostream'}</span>
        {info?.simulated && <em class="simulated" title="The simulator invents these prices">simulated</em>}
      </a>
      <Navigation />
      <div class="head-tools">
        <Combo class="find" label="Find a coin" placeholder="Find a coin" shortcut="/" chosen={(symbol) => go(url.link(route, 'coin', symbol))} />
        {info && info.currencies.length > 1 && (
          <select class="currency-picker" aria-label="Currency" value={client.view.currency || info.currency} onChange={(event) => choose({ currency: event.currentTarget.value === info.currency ? undefined : event.currentTarget.value })}>
            {info.currencies.map((currency) => <option key={currency}>{currency}</option>)}
          </select>
        )}
        <StatusPill />
        <PauseButton />
        <ThemeButton />
        {info?.login === 'done' && (
          <button type="button" class="icon-button" onClick={() => void client.logout()} title={`Log out ${info.user ?? ''}`} aria-label="Log out"><Icon name="logout" /></button>
        )}
      </div>
    </header>
  );
}

function Banner() {
  useTopic('status');
  if (client.status !== 'disconnected' || !client.loaded) return null;
  return (
    <div class="banner" role="status">
      <Icon name="alert" />
      <span><b>No connection to the server.</b> Prices are those of {format.time(client.newest)} UTC. It is tried again by itself.</span>
    </div>
  );
}

function Loading() {
  useTopic('list');
  if (client.error) {
    return (
      <div class="whole">
        <Overlay icon="alert" title={client.error.status === 0 ? 'The server does not answer' : 'The server cannot answer'} text={<>{client.error.message}. It is tried again by itself.</>} tone="bad" />
      </div>
    );
  }
  return (
    <div class="whole loading" role="status" aria-label="Loading">
      <div class="skeleton bar-row" /><div class="skeleton rows tall" />
    </div>
  );
}

function Page() {
  const route = useRoute();
  switch (route.page) {
    case 'overview': return <Overview />;
    case 'coin': return <CoinPage />;
    case 'share': return <SharePage />;
    case 'exchanges': return <ExchangesPage />;
    case 'pipeline': return <PipelinePage />;
    default: return <div class="lonely"><h1 class="unseen">No such page</h1><Overlay icon="search" title="There is no such page" /><a class="primary" href="/">To the overview</a></div>;
  }
}

function Foot() {
  useTopic('info');
  const info = client.info;
  return (
    <footer class="foot">
      <span>{info ? `${info.title} ${info.version}` : ''}{info?.store ? ` · reads ${info.store}` : ''}{info && !info.live ? ' · no log is followed: prices as stored' : ''}</span>
      <span>Times are UTC. Charts: <a href="https://www.tradingview.com/" target="_blank" rel="noreferrer noopener">TradingView Lightweight Charts™</a>, Copyright (с) 2025 TradingView, Inc., and Apache ECharts. <a href="/licences.txt" target="_blank">Licences</a></span>
    </footer>
  );
}

export function App() {
  useTopic('info');
  const route = useRoute();
  const chosen = route.query.get('theme');
  const currency = route.query.get('currency') ?? undefined;
  useEffect(() => {
    if (theme() !== chosen) applyTheme(chosen);
  }, [chosen]);
  useEffect(() => void client.setCurrency(currency), [currency, client.loaded]);
  useEffect(() => {
    const name = PAGES.find(([page]) => page === route.page)?.[1] ?? '';
    document.title = [route.page === 'coin' ? route.symbol : route.page === 'overview' ? '' : name, client.info?.title ?? 'cryptostream'].filter(Boolean).join(' · ');
  }, [route.page, route.symbol, client.info?.title]);
  if (client.info?.login === 'required') return <Login />;
  return (
    <>
      <a class="skip" href="#main">To the content</a>
      <Head />
      <Banner />
      <main id="main" tabIndex={-1}>
        {client.loaded && (route.page === 'overview' || route.page === 'share') && <MarketBar />}
        {route.page === 'overview' && <h1 class="unseen">Market overview</h1>}
        {client.loaded ? <Guard key={route.page} page={route.page}><Page /></Guard> : <Loading />}
      </main>
      <Foot />
      <Announcer />
    </>
  );
}
