import { createHash } from 'node:crypto'
import type { Person } from '../sdk/index.ts'

/** One element of `core_user_create_users`. */
export type NewUser = {
  username: string
  createpassword: true
  firstname: string
  lastname: string
  email: string
  lang?: string
}

/**
 * The same address always makes the same username, which Moodle keeps unique: two creations that race make one account.
 * Moodle makes the password and mails it: we never know it.
 */
export function newUser({ email, firstname, lastname }: Person): NewUser {
  return {
    username: usernameOf(email),
    createpassword: true,
    firstname: nameOf(firstname),
    lastname: nameOf(lastname),
    email: email.trim(),
  }
}

/** Small letters, digits and `-._` only, at most 100: the part before the @ to be recognised by, a hash to be unique. */
export function usernameOf(email: string): string {
  const address = addressOf(email)
  const readable = (address.split('@')[0] ?? '')
    .normalize('NFD')
    .replaceAll(/[^a-z0-9._-]/g, '')
    .slice(0, 80)
  return `${readable || 'user'}-${createHash('sha256').update(address).digest('hex').slice(0, 10)}`
}

/** Moodle refuses an empty name, one that looks like HTML, and one past 100 letters. */
function nameOf(name: string): string {
  const plain = name.replaceAll(/<[^>]*>|[<>]/g, ' ').replaceAll(/\s+/g, ' ')
  return plain.trim().slice(0, 100) || '-'
}

/** The address as accounts are told apart by: two that differ in case only are one person's. */
export function addressOf(email: string): string {
  return email.trim().toLowerCase()
}
