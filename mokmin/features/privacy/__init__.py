"""개인정보 점검: findings to look at, policies, exclusions, and what is revealed with a reason."""
