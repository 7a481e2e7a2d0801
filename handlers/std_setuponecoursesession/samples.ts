import type { Samples } from 'boutique/sdk/testing'
import type handler from './handler.ts'

// Letters: of numbers the kit can't tell whether they are ids, which may differ from run to run.
const letters = (n: number) => String.fromCharCode(65 + Math.floor(n / 26), 65 + (n % 26))

const person = (firstname: string, of: string) => ({
  email: `${firstname}.${of}@company.example`.toLowerCase(),
  firstname,
  lastname: `Of ${of}`,
})

export default [
  {
    name: 'three participants and a supervisor for 30 days',
    internal: { course: 4, seats: 3, durationDays: 30 },
    external: (n) => ({
      session: `Session ${letters(n)}`,
      participants: ['Ada', 'Bilal', 'Chloe'].map((name) => person(name, letters(n))),
      supervisors: [person('Denis', letters(n))],
    }),
  },
  {
    name: 'addresses alone, until a day, with a support course',
    internal: { course: 2, names: false, endsOn: '2035-12-31', supportCourse: 5 },
    external: (n) => ({
      session: `Session ${letters(n)}`,
      participants: [
        { email: `ada.${letters(n)}@company.example` },
        { email: `bilal-${letters(n)}@company.example` },
      ],
    }),
  },
] satisfies Samples<typeof handler>[]
