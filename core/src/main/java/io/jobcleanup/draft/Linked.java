package io.jobcleanup.draft;

import io.jobcleanup.draft.Links.Link;

/** A table whose rows are about jobs, and how they tell of which. */
record Linked(HostTable table, Link link) {}
