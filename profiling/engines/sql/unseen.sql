-- Households with a value that training never saw, per feature of the model (its position).
SELECT feature, COUNT(*) AS n FROM (SELECT explode(unseen) AS feature FROM scored) GROUP BY feature
