package io.heddle.proxy.codec;

/** Faults that a framing parser could have, to show that the fuzzers find them. */
enum PlantedFault {
  /** None: the real rules. */
  NONE {
    @Override
    FramingRules rules() {
      return new FramingRules();
    }
  },
  /** Transfer-Encoding silently wins over Content-Length. */
  CODING_WINS {
    @Override
    FramingRules rules() {
      return new FramingRules() {
        @Override
        boolean conflicting(int seen) {
          return false;
        }
      };
    }
  },
  /** Chunk sizes wrap around at 32 bits. */
  CHUNK_SIZE_WRAPS {
    @Override
    FramingRules rules() {
      return new FramingRules() {
        @Override
        long nextChunkSize(long size, int digits, int digit) {
          return (size << 4 | digit) & 0xffff_ffffL;
        }
      };
    }
  };

  abstract FramingRules rules();

  /**
   * The fault that a fuzzing run was asked to look for; none unless {@code heddle.fuzz.planted}
   * says.
   */
  static PlantedFault chosen() {
    return valueOf(System.getProperty("heddle.fuzz.planted", "NONE"));
  }
}
