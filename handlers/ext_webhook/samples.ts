import type { Samples, Service } from 'boutique/sdk/testing'
import type handler from './handler.ts'
import { sign } from './signed-call.ts'

const secret = 'a secret of the sample service'

/** A service that does as its README says: checks the signature, and does each thing once. */
function places(): Service {
  const given = new Map<string, string>()
  return {
    async answer(request) {
      const body = await request.text()
      const [, seconds = ''] = /^t=(\d+),/.exec(request.headers.get('boutique-signature') ?? '') ?? []
      if (request.headers.get('boutique-signature') !== sign(body, secret, Number(seconds) * 1000)) {
        return new Response('wrong signature', { status: 401 })
      }
      const { event, unit } = JSON.parse(body)
      const place = `place-${unit.id}`
      if (event === 'revoke') given.delete(place)
      else given.set(place, request.headers.get('idempotency-key') === null ? 'no key' : 'open')
      if (event === 'revoke') return new Response(null, { status: 204 })
      return Response.json({
        product: { link: `https://places.example/${place}`, endsAt: '2030-01-01', data: { place } },
        feedback: { shown: { en: 'Your place is open.', fr: 'Votre place est ouverte.' } },
      })
    },
    state: () => [...given].map(([place, state]) => ({ place, state })),
  }
}

export default {
  internal: (service) => ({ url: `${service}/places`, secret, timeoutSeconds: 5 }),
  external: () => ({}),
  service: places,
} satisfies Samples<typeof handler>
