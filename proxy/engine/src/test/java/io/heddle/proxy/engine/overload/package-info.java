/** Tests of refusing early. */
@NullMarked
package io.heddle.proxy.engine.overload;

import org.jspecify.annotations.NullMarked;
