// load_tensorflow loads the library, once, and returns what was in the way, or
// NULL.
const char *load_tensorflow(void);
