/** What a person is a member of outside courses: a cohort, or those who have a role in the system or a category. */
export type Membership =
  | { cohort: number }
  | { role: number; context: { level: 'system' | 'coursecat'; instance: number } }

/** The text that stands for it in the tables: `cohort:3`, `role:9@system`, `role:1@coursecat:2`. */
export function writeMembership(membership: Membership): string {
  if ('cohort' in membership) return `cohort:${membership.cohort}`
  const { role, context } = membership
  return context.level === 'system' ? `role:${role}@system` : `role:${role}@coursecat:${context.instance}`
}

/** Reads what `writeMembership` wrote. Throws on anything else. */
export function readMembership(target: string): Membership {
  const [, cohort, role, category] =
    /^(?:cohort:(\d+)|role:(\d+)@(?:system|coursecat:(\d+)))$/.exec(target) ?? []
  if (cohort !== undefined) return { cohort: Number(cohort) }
  if (role === undefined) throw new Error(`${target} names no membership`)
  const context =
    category === undefined
      ? ({ level: 'system', instance: 0 } as const)
      : ({ level: 'coursecat', instance: Number(category) } as const)
  return { role: Number(role), context }
}
