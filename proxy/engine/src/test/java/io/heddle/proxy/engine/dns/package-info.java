/** Tests of name caches from within. */
@NullMarked
package io.heddle.proxy.engine.dns;

import org.jspecify.annotations.NullMarked;
