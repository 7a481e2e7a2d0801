import { createHash } from 'node:crypto'

const width = 640
const height = 320

/**
 * A picture for a catalog entry: an SVG drawn from its code, always the same, so that a catalog without photographs
 * still looks like itself. `title` is what it says to those who can't see it.
 */
export function cover(code: string, title: string): string {
  const bytes = createHash('sha256').update(code).digest()
  const byte = (index: number) => bytes[index % bytes.length] ?? 0
  const hue = palette[byte(0) % palette.length] ?? 210
  const colours = {
    ground: `hsl(${hue} 46% 30%)`,
    deep: `hsl(${hue + 14} 52% 23%)`,
    mid: `hsl(${hue} 44% 42%)`,
    light: `hsl(${hue - 12} 58% 66%)`,
    spark: `hsl(${(hue + 150) % 360} 72% 68%)`,
  }
  const draw = patterns[byte(1) % patterns.length] ?? arcs
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img">` +
    `<title>${escapeText(title)}</title>` +
    `<rect width="${width}" height="${height}" fill="${colours.ground}"/>` +
    `${draw(byte, colours)}</svg>`
  )
}

// blues and greens, a violet and a plum for variety: they sit together on one page
const palette = [208, 222, 190, 168, 236, 262, 150, 326]

type Byte = (index: number) => number
type Colours = { ground: string; deep: string; mid: string; light: string; spark: string }

const patterns = [arcs, tiles, waves, orbits]

/** Quarter circles in a grid, each turned its own way. */
function arcs(byte: Byte, colours: Colours): string {
  const side = 80
  return grid(side, (x, y, index) => {
    const pick = byte(2 + index)
    if (pick % 7 === 6) return ''
    const fill = [colours.mid, colours.deep, colours.mid, colours.light, colours.deep][pick % 5]
    const opacity = pick % 5 === 3 ? 0.75 : 0.85
    const [cx, cy] = corner(x, y, side, (pick >> 3) % 4)
    const sweep = quarter(cx, cy, x, y, side)
    const spark =
      index === byte(3) % 32 ? `<circle cx="${x + 40}" cy="${y + 40}" r="14" fill="${colours.spark}"/>` : ''
    return `<path d="${sweep}" fill="${fill}" opacity="${opacity}"/>${spark}`
  })
}

function corner(x: number, y: number, side: number, turn: number): [number, number] {
  return [turn % 2 === 0 ? x : x + side, turn < 2 ? y : y + side]
}

function quarter(cx: number, cy: number, x: number, y: number, side: number): string {
  const toX = cx === x ? x + side : x
  const toY = cy === y ? y + side : y
  const clockwise = (cx === x) === (cy === y) ? 1 : 0
  return `M${cx} ${cy}L${toX} ${cy}A${side} ${side} 0 0 ${clockwise} ${cx} ${toY}Z`
}

/** Half squares, light falling from one side. */
function tiles(byte: Byte, colours: Colours): string {
  const side = 64
  return grid(side, (x, y, index) => {
    const pick = byte(4 + index)
    const fill = [colours.deep, colours.mid, colours.ground, colours.mid, colours.light][pick % 5]
    const corners = [
      `M${x} ${y}h${side}v${side}z`,
      `M${x} ${y}v${side}h${side}z`,
      `M${x} ${y + side}h${side}v-${side}z`,
      `M${x} ${y}h${side}l-${side} ${side}z`,
    ]
    const lit = index === byte(5) % 50
    return `<path d="${corners[(pick >> 3) % 4]}" fill="${lit ? colours.spark : fill}" opacity=".8"/>`
  })
}

/** Hills, one behind the other, and a sun. */
function waves(byte: Byte, colours: Colours): string {
  const sun = `<circle cx="${110 + (byte(6) % 420)}" cy="${70 + (byte(7) % 50)}" r="${26 + (byte(8) % 22)}" fill="${colours.spark}" opacity=".9"/>`
  const fills = [colours.light, colours.mid, colours.deep, colours.ground, colours.deep]
  const hills = fills.map((fill, index) => {
    const base = 120 + index * 44
    const rise = () => 18 + (byte(9 + index) % 46)
    const shift = (byte(14 + index) % 160) - 80
    return (
      `<path d="M-80 ${base}C${80 + shift} ${base - rise()} ${200 + shift} ${base + rise()} ${320 + shift} ${base}` +
      `S${560 + shift} ${base - rise()} 720 ${base + 10}V${height}H-80Z" fill="${fill}" opacity="${index === 0 ? 0.5 : 0.8}"/>`
    )
  })
  return sun + hills.join('')
}

/** Rings around a point, with what travels on them. */
function orbits(byte: Byte, colours: Colours): string {
  const cx = 160 + (byte(6) % 320)
  const cy = 120 + (byte(7) % 100)
  const rings = [330, 270, 214, 162, 114, 70, 30].map((radius, index) => {
    const fill = [
      colours.deep,
      colours.ground,
      colours.deep,
      colours.mid,
      colours.ground,
      colours.mid,
      colours.light,
    ][index]
    const angle = (byte(8 + index) / 255) * Math.PI * 2
    const x = (cx + radius * Math.cos(angle)).toFixed(1)
    const y = (cy + radius * Math.sin(angle)).toFixed(1)
    const dot = byte(16 + index) % 3 === 0 ? colours.spark : colours.light
    return (
      `<circle cx="${cx}" cy="${cy}" r="${radius}" fill="${fill}" stroke="${colours.mid}" stroke-width="1.5"/>` +
      (index < 6 ? `<circle cx="${x}" cy="${y}" r="${6 + (byte(20 + index) % 8)}" fill="${dot}"/>` : '')
    )
  })
  return rings.join('')
}

function grid(side: number, cell: (x: number, y: number, index: number) => string): string {
  const columns = width / side
  return Array.from({ length: columns * (height / side) }, (_, index) =>
    cell((index % columns) * side, Math.floor(index / columns) * side, index),
  ).join('')
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
