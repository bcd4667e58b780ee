// A real OpenID Connect provider for the tests: node tests/desk/provider.mjs PORT REDIRECT_URI SECRET
// People are named by what they type as login; what stands before the first dot is their group.
import { generateKeyPairSync } from 'node:crypto';
import Provider from 'oidc-provider';

const [port, back, secret] = process.argv.slice(2);

const key = (alg, kind, options) => ({
  ...generateKeyPairSync(kind, options).privateKey.export({ format: 'jwk' }),
  alg,
  kid: alg,
  use: 'sig',
});

const client = (id, alg, way) => ({
  client_id: id,
  client_secret: way === 'none' ? undefined : secret,
  token_endpoint_auth_method: way,
  id_token_signed_response_alg: alg,
  redirect_uris: [back],
  response_types: ['code'],
  grant_types: ['authorization_code'],
});

const provider = new Provider(`http://127.0.0.1:${port}`, {
  jwks: {
    keys: [
      key('RS256', 'rsa', { modulusLength: 2048 }),
      key('ES256', 'ec', { namedCurve: 'P-256' }),
      key('EdDSA', 'ed25519'),
    ],
  },
  enabledJWA: { idTokenSigningAlgValues: ['RS256', 'ES256', 'EdDSA'] },
  clients: [
    client('desk-RS256', 'RS256', 'client_secret_basic'),
    client('desk-ES256', 'ES256', 'client_secret_basic'),
    client('desk-EdDSA', 'EdDSA', 'client_secret_basic'),
    client('desk-public', 'RS256', 'none'),
  ],
  claims: { openid: ['sub'], profile: ['name'], groups: ['groups'] },
  scopes: ['openid', 'profile', 'groups'],
  pkce: { required: () => true },
  cookies: { keys: [secret] },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, name: `Ms ${id}`, groups: ['everybody', id.split('.')[0]] }),
  }),
});

provider.listen(Number(port), '127.0.0.1', () => console.log('ready'));
