/** What the promise gives if it does so in time; `late` otherwise, and whenever it fails. */
export async function within<T, L>(milliseconds: number, promise: Promise<T>, late: L): Promise<T | L> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const wait = new Promise<L>((resolve) => {
    timer = setTimeout(() => resolve(late), milliseconds)
  })
  try {
    return await Promise.race([promise.catch(() => late), wait])
  } finally {
    clearTimeout(timer)
  }
}
