// The form that stands before everything where the server wants to know who asks.
import { useState } from 'preact/hooks';
import { ApiError } from '../api';
import { client } from '../client';
import { currentRoute } from '../hooks';

export function Login() {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState('');
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    setBusy(true);
    setError('');
    try {
      await client.login(String(form.get('user')), String(form.get('password')), currentRoute().query.get('currency') ?? undefined);
    } catch (failure) {
      const known = failure instanceof ApiError ? failure : new ApiError(0, String(failure));
      setError(known.status === 429 ? `Too many attempts${known.retryAfter ? `: try again in ${known.retryAfter} s` : ''}.` : known.status === 401 ? 'Wrong name or password.' : known.message);
    } finally {
      setBusy(false);
    }
  };
  return (
    <main class="login" id="main">
      <form class="panel" onSubmit={(event) => void submit(event)}>
        <h1>{client.info?.title ?? 'cryptostream'}</h1>
        <p>Log in to see the market.</p>
        <label>Name<input name="user" autocomplete="username" required autofocus /></label>
        <label>Password<input name="password" type="password" autocomplete="current-password" required /></label>
        <div class="login-error" role="alert">{error}</div>
        <button type="submit" class="primary" disabled={busy}>{busy ? 'One moment…' : 'Log in'}</button>
      </form>
    </main>
  );
}
