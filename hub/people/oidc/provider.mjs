// A certified OpenID provider on the loopback, for tests: everybody who comes is Erika Mustermann, at once.
//
// node provider.mjs RETURN_ADDRESS SIGNED_OUT_ADDRESS LOGOUT_ADDRESS [GROUP,…]
// Writes its issuer as the first line of its output; ends when its input ends.
import { createServer } from 'node:http';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import Provider from 'oidc-provider';

// The output has one line; whoever reads it may have gone.
console.log = console.info = console.error;

const [returnAddress, signedOutAddress, logoutAddress, groups = 'supervisor,canteen'] = process.argv.slice(2);
const account = 'erika';

const server = createServer();
await new Promise((bound) => server.listen(0, '127.0.0.1', bound));
const issuer = `http://127.0.0.1:${server.address().port}`;

const key = (type, options, rest) => ({
  ...generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' }),
  use: 'sig',
  ...rest,
});

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'meldeverbund',
      client_secret: 'correct horse',
      redirect_uris: [returnAddress],
      post_logout_redirect_uris: [signedOutAddress],
      backchannel_logout_uri: logoutAddress,
      backchannel_logout_session_required: true,
      response_types: ['code'],
      grant_types: ['authorization_code'],
    },
    // A program on the person's own machine (RFC 8252): no secret, and any port of the loopback.
    {
      client_id: 'meldeverbund-node',
      token_endpoint_auth_method: 'none',
      application_type: 'native',
      redirect_uris: ['http://127.0.0.1/signed-in'],
      response_types: ['code'],
      grant_types: ['authorization_code'],
    },
  ],
  jwks: {
    keys: [
      key('rsa', { modulusLength: 2048 }, { kid: 'rsa', alg: 'RS256' }),
      key('ec', { namedCurve: 'P-256' }, { kid: 'ec', alg: 'ES256' }),
    ],
  },
  cookies: { keys: [randomBytes(32).toString('hex')] },
  claims: { openid: ['sub', 'groups', 'proceedings', 'sid', 'auth_time', 'amr'], profile: ['name'] },
  conformIdTokenClaims: false,
  pkce: { required: () => true },
  features: {
    devInteractions: { enabled: false },
    backchannelLogout: { enabled: true },
    rpInitiatedLogout: {
      enabled: true,
      // The page that asks whether it is meant; a person would press its button, the test sends its form.
      async logoutSource(ctx, form) {
        ctx.body = form;
      },
    },
  },
  // Its own dispatcher keeps away from the loopback, where the test listens.
  fetch: (url, { dispatcher, ...options }) => fetch(url, options),
  interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
  async findAccount(ctx, id) {
    return {
      accountId: id,
      claims: async () => ({ sub: id, name: 'Erika Mustermann', groups: groups.split(','), proceedings: ['60 UJs'] }),
    };
  },
});

// The person signs in and agrees.
provider.use(async (ctx, next) => {
  if (!ctx.path.startsWith('/interaction/')) return next();
  const { prompt, params, grantId } = await provider.interactionDetails(ctx.req, ctx.res);
  let result = { login: { accountId: account, amr: ['pwd', 'hwk'], acr: 'urn:example:substantial' } };
  if (prompt.name === 'consent') {
    const grant = grantId
      ? await provider.Grant.find(grantId)
      : new provider.Grant({ accountId: account, clientId: params.client_id });
    grant.addOIDCScope(params.scope);
    result = { consent: { grantId: await grant.save() } };
  }
  ctx.redirect(await provider.interactionResult(ctx.req, ctx.res, result, { mergeWithLastSubmission: true }));
});

server.on('request', provider.callback());
process.stdout.write(`${issuer}\n`);
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
