import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readConfig } from './config.ts'

describe('the settings', () => {
  /** What is said of these; '' when they are sound. */
  const fault = (env: Record<string, string>) => {
    const read = readConfig(env)
    return read.ok ? '' : read.errors.join('\n')
  }

  it('are sound when there are none, and when they are empty', () => {
    assert.equal(fault({}), '')
    assert.equal(fault({ PORT: '', MOODLE_URL: '', MOODLE_TOKEN: '', TRANSFER_IBAN: '' }), '')
  })

  it('say of each what is expected, in words', () => {
    const wrong: [name: string, value: string, expected: RegExp][] = [
      ['PORT', '70000', /expected a port from 0 to 65535\. See docs/],
      ['PORT', '1.5', /a port from 0/],
      ['PUBLIC_URL', 'shop.example', /begins with https:\/\//],
      ['DATABASE_URL', 'mysql://x', /postgres:\/\/user:password@host:port\/database/],
      ['SMTP_URL', 'mail.example', /smtp:\/\/user/],
      ['SECRET_KEY', 'short', /32 characters/],
      ['TEST_MODE', 'maybe', /expected on or off/],
      ['ROLE', 'both', /web, worker or all/],
      ['LOG_LEVEL', 'verbose', /trace, debug/],
      ['MAIL_FROM', 'me', /an e-mail address/],
      ['PAYMENT_DAYS', 'x', /a whole number from 1 to 365/],
      ['TRUSTED_PROXIES', '-1', /a whole number from 0 to 9/],
      ['API_REQUESTS_PER_MINUTE', '0', /a whole number from 1/],
    ]
    for (const [name, value, expected] of wrong) {
      assert.match(fault({ [name]: value }), new RegExp(`^${name}: expected `))
      assert.match(fault({ [name]: value }), expected)
    }
    assert.equal(fault({ PORT: 'x', ROLE: 'y' }).split('\n').length, 2)
  })

  it('take no currency without hundredths: amounts are kept in cents', () => {
    for (const currency of ['EUR', 'CHF', 'MAD', 'CAD'])
      assert.equal(fault({ CURRENCY: currency }), '', currency)
    for (const currency of ['JPY', 'KWD', 'XOF', 'eur', 'EURO', '€'])
      assert.match(fault({ CURRENCY: currency }), /CURRENCY: expected a currency/, currency)
  })

  it('take no account that is mistyped', () => {
    for (const iban of [
      'FR7630006000011234567890189',
      'de89 3704 0044 0532 0130 00',
      'NL91 ABNA 0417 1643 00',
    ])
      assert.equal(fault({ TRANSFER_IBAN: iban }), '', iban)
    for (const iban of ['FR76 3000 6000 0112 3456 7890 198', 'FR76 3000', 'IBAN', 'NL91 ABNA 0417 1643 0O'])
      assert.match(fault({ TRANSFER_IBAN: iban }), /TRANSFER_IBAN: expected an IBAN/, iban)
  })

  it('that belong together are asked for together', () => {
    assert.match(fault({ MOODLE_URL: 'https://moodle.example' }), /^MOODLE_TOKEN: set it too/)
    assert.match(fault({ SMTP_URL: 'smtp://mail.example' }), /^MAIL_FROM: set it too/)
    assert.equal(fault({ SMTP_URL: 'smtp://mail.example', MAIL_FROM: 'shop@atelier.example' }), '')
  })
})
