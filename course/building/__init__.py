"""From lessons and package to notebooks: definitions, blanks, builds."""
