/** A picture: four bytes (red, green, blue, alpha) for each pixel. */
export interface Picture {
  readonly width: number
  readonly height: number
  readonly pixels: Uint8Array
}

/** Makes a picture `by` times smaller: each pixel is the average of a square. It only computes. */
export default function thumbnail({
  picture,
  by,
}: {
  readonly picture: Picture
  readonly by: number
}): Picture {
  const width = Math.floor(picture.width / by)
  const height = Math.floor(picture.height / by)
  const pixels = new Uint8Array(4 * width * height)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let channel = 0; channel < 4; channel++) {
        pixels[4 * (y * width + x) + channel] = average(picture, { x: x * by, y: y * by, by, channel })
      }
    }
  }
  return { width, height, pixels }
}

interface Square {
  readonly x: number
  readonly y: number
  readonly by: number
  readonly channel: number
}

function average({ width, pixels }: Picture, { x, y, by, channel }: Square): number {
  let sum = 0
  for (let row = y; row < y + by; row++) {
    for (let column = x; column < x + by; column++) sum += pixels[4 * (row * width + column) + channel]!
  }
  return sum / (by * by)
}
