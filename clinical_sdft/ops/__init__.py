"""Operations: what joins the update engine and governance to the machines around them."""
