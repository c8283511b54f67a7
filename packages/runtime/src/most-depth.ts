/**
 * How deep a value may be nested that is kept in a journal, or sent to another thread or machine.
 *
 * To read such values takes stack, and whoever reads them may have less of it than whoever wrote them.
 */
export const MOST_DEPTH = 500
