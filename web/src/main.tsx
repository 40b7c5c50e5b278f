// Begins: theme before the first paint, then the frame, then the data.
import { render } from 'preact';
import { App } from './app';
import { client } from './client';
import { applyTheme, currentRoute } from './hooks';
import './style/base.css';
import './style/frame.css';
import './style/panels.css';
import './style/pages.css';

const route = currentRoute();
applyTheme(route.query.get('theme'));
const root = document.getElementById('app');
if (root) render(<App />, root);
void client.start(route.query.get('currency') ?? undefined);
