/* A library of its own, as no plugin should be linked to. */
int broken_helper(void);
int broken_helper(void) { return 1; }
