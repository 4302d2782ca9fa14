package io.jobcleanup.server.demo;

/** The specification's tiers, as the demo prices them. */
enum Tier {
  FREE(800, 0),
  TIER_1K(1024, 2),
  TIER_2K(2048, 5),
  TIER_4K(4096, 10);

  private final int width;
  private final int tokens;

  Tier(int width, int tokens) {
    this.width = width;
    this.tokens = tokens;
  }

  /** How wide the result is, in pixels. */
  int width() {
    return width;
  }

  /** What it costs. */
  int tokens() {
    return tokens;
  }
}
