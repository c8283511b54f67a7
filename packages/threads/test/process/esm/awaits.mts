/** Something that only an ES module may do. */
export default await Promise.resolve((value: number) => value)
